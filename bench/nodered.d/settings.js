/* settings.js: Node-RED as its users run it, without what a benchmark does not need: no editor, no log but errors. */
module.exports = {
    uiPort: Number(process.env.PORT), uiHost: '127.0.0.1', httpAdminRoot: false, flowFile: 'flows.json', credentialSecret: false,
    logging: { console: { level: 'warn', metrics: false, audit: false } },
};
