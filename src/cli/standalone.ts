#!/usr/bin/env node
// Entry point of the standalone `mayfly extauth`: bundle.ts bundles it to one file that needs only Node.
import { protocolNames } from "../extauth/index.ts";
import { runExtauth, runRefusing } from "../runtime/extauth-process.ts";

const words = process.argv.slice(2);
const [option, file] = words;

// An XMPP server waits until the program has started: common command lines skip loading commander. What is imported
// for the others imports nothing that all need: a bundler would wrap it, and Node would have to read it twice.
if (words.length === 0) runExtauth("ejabberd");
else if (words.length === 2 && option === "--config" && file) runExtauth("ejabberd", file);
else
  import("./standalone-command.ts").then(({ singleCommand }) =>
    singleCommand(words, { protocolNames, run: runExtauth, runRefusing }),
  );
