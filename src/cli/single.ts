#!/usr/bin/env node
// `mayfly extauth` alone: bundle.ts makes it a file that needs nothing but Node.
import { runExtauth } from "./run-extauth.ts";

const words = process.argv.slice(2);
const [option, file] = words;

// A server waits for what it has started: most command lines need no more reading than this.
if (words.length === 0) runExtauth("ejabberd");
else if (words.length === 2 && option === "--config" && file) runExtauth("ejabberd", file);
else import("./single-command.ts").then(({ singleCommand }) => singleCommand(words));
