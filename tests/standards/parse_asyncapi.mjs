// Reads an AsyncAPI document and all that it refers to with the official parser; prints what it finds wrong as JSON.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, file] = process.argv.slice(2);
const { Parser, fromFile } = createRequire(pathToFileURL(`${modules}/`))("@asyncapi/parser");
const { document, diagnostics } = await fromFile(new Parser(), file).parse();
const messages = document ? document.allMessages().all().map((one) => one.id()) : [];
console.log(JSON.stringify({ messages, diagnostics }));
