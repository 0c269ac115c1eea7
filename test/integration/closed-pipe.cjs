// Loaded into a command by a test: whoever reads its output has gone, as after `| head`.
process.stdout._write = (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
