// A message centre that speaks SMPP, for tests: it listens on a loopback port and tells what happens as lines of JSON.
// The last digit of a number says what becomes of a message to it:
//   1 arrives; 2 does not; 3 nothing is heard of it; 6 hangs up; 7 no answer; 8 throttled; 9 refused.
// A text with an object of JSON in it says how the answer writes the id (`answer`: hex, dec), how the receipt writes it
// (`id`: hex, small, dec, zeros), where the receipt comes (`as`: text, payload, ucs2, data, header, option), what it says
// (`stat`), what it quotes (`quote`), whether it is not marked (`plain`), comes before the answer (`early`) or `twice`.
const smpp = require('smpp');

const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const STATES = { 1: ['DELIVRD', 2], 2: ['UNDELIV', 5] };
let made = 0;

const server = smpp.createServer({}, (session) => {
  session.on('error', () => {});
  session.on('bind_transceiver', (pdu) => {
    const known = pdu.system_id === 'bursar' && pdu.password === 's3cret@';
    tell({ event: 'bind', known, version: pdu.interface_version });
    session.send(pdu.response(known ? {} : { command_status: smpp.ESME_RBINDFAIL }));
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { tell({ event: 'unbind' }); session.send(pdu.response()); session.close(); });
  session.on('submit_sm', (pdu) => {
    const last = pdu.destination_addr.slice(-1);
    tell({
      event: 'submit', to: pdu.destination_addr, ton: pdu.dest_addr_ton, npi: pdu.dest_addr_npi,
      source: pdu.source_addr, source_ton: pdu.source_addr_ton, esm_class: pdu.esm_class,
      data_coding: pdu.data_coding, registered: pdu.registered_delivery, text: pdu.short_message.message,
      udh: (pdu.short_message.udh || []).map((element) => element.toString('hex')),
    });
    if (last === '6') { session.destroy(); return; }
    if (last === '7') return;
    if (last === '8') { session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED })); return; }
    if (last === '9') { session.send(pdu.response({ command_status: smpp.ESME_RINVDSTADR })); return; }
    const mode = /\{.*\}/.exec(pdu.short_message.message);
    if (mode) { odd(session, pdu, JSON.parse(mode[0])); return; }
    const id = `m${++made}`;
    session.send(pdu.response({ message_id: id }));
    if (STATES[last]) receipt(session, pdu, id, ...STATES[last]);
  });
});

const FORMS = {
  hex: (n) => n.toString(16).toUpperCase(), small: (n) => n.toString(16), dec: String, zeros: (n) => String(n).padStart(12, '0'),
};

function odd(session, pdu, mode) {
  const number = 0x2f00000a + made++;
  const id = FORMS[mode.id || 'dec'](number);
  const said = `id:${id} sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:${mode.stat || 'DELIVRD'}`;
  const text = `${said} err:000 text:${mode.quote || ''}`;
  const sent = { esm_class: mode.plain ? 0 : 4, source_addr: pdu.destination_addr, destination_addr: pdu.source_addr };
  const ways = {
    text: { short_message: text }, payload: { short_message: '', message_payload: text },
    ucs2: { data_coding: 8, short_message: { message: text } },
    header: { esm_class: 0x44, short_message: { udh: Buffer.from([5, 0, 3, 7, 1, 1]), message: text } },
    option: { short_message: '', receipted_message_id: id, message_state: 2 },
    data: { message_payload: text },
  };
  const deliver = () => session[mode.as === 'data' ? 'data_sm' : 'deliver_sm'](
    { ...sent, ...ways[mode.as || 'text'] }, (answer) => tell({ event: 'receipt', id, answer: answer.command_status }));
  const answer = () => session.send(pdu.response({ message_id: FORMS[mode.answer || 'dec'](number) }));
  if (mode.early) { deliver(); setTimeout(answer, 100); } else { answer(); deliver(); }
  if (mode.twice) deliver();
}

function receipt(session, pdu, id, stat, state) {
  const text = `id:${id} sub:001 dlvrd:001 submit date:2603011200 done date:2603011201 stat:${stat} err:000 text:`;
  const said = { esm_class: 4, source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, short_message: text };
  // Every other receipt says it in optional parameters too, as newer centres do.
  const options = made % 2 ? { receipted_message_id: id, message_state: state } : {};
  session.deliver_sm({ ...said, ...options }, (answer) => tell({ event: 'receipt', id, answer: answer.command_status }));
}

server.listen(Number(process.argv[2] || 0), '127.0.0.1', () => tell({ event: 'listening', port: server.address().port }));
