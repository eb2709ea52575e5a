-- compatible_from: 25
-- No provisional report is ever the one that closes a day, whichever program is asked.
ALTER TABLE daily_close
    ADD COLUMN provisional boolean NOT NULL DEFAULT false CHECK (NOT provisional),
    ADD CONSTRAINT daily_close_whole FOREIGN KEY (report_id, provisional) REFERENCES report (id, provisional);
