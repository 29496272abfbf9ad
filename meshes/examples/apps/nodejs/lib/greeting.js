exports.greeting = (name) => `Hello, ${name}, from Node.js ${process.version}`;
