-- What is only of use for a while is dropped when it is old: one-time passwords and what the network said of them, the
-- sandbox's outbox, and the log of webhooks. Each index finds what is old; none covers a column that changes.
CREATE INDEX otp_age ON otp (created_at);
CREATE INDEX message_receipt_age ON message_receipt (at);
CREATE INDEX sandbox_message_age ON sandbox_message (at);
-- Rows come in order of time and by the thousand: a range of pages is enough to know where the old ones are.
CREATE INDEX webhook_delivery_age ON webhook_delivery USING brin (created_at) WITH (autosummarize = on);

GRANT DELETE ON otp, otp_pace, message_receipt, sandbox_message, webhook_delivery, webhook_attempt TO bursar_app;
