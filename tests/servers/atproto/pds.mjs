// A PDS, configured by its environment alone.
const { PDS, envToCfg, envToSecrets, readEnv } = await import(
  `file://${process.env.MODULES}/@atproto/pds/dist/index.js`
);

const env = readEnv();
await (await PDS.create(envToCfg(env), envToSecrets(env))).start();
