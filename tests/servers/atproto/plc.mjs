// The directory of did:plc, in memory.
const { Database, PlcServer } = (await import(`file://${process.env.MODULES}/@did-plc/server/dist/index.js`)).default;

await PlcServer.create({ db: Database.mock(), port: Number(process.env.PORT) }).start();
