// Runs the npm package telegram-test-api as a Bot API server until it is killed.
//
//     node telegram_test_api.cjs FOLDER_WITH_NODE_MODULES PORT BOT_ID
//
// What it sends is put right in two places, in which what Telegram sends looks otherwise: getMe says `is_bot`, and a
// pressed button has its `chat_instance`. Its answers to sendMessage are no messages of Telegram either (a date in
// milliseconds, objects as text): they are left so, for we read nothing but the id of them.
"use strict";

const { createRequire } = require("node:module");
const { join, resolve } = require("node:path");

const [folder, port, botId] = process.argv.slice(2);
const TelegramServer = createRequire(join(resolve(folder), "here.js"))("telegram-test-api");

const plain = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = (update) => {
  const { callback_query: query, ...rest } = plain(update);
  return query ? { ...rest, callback_query: { ...query, chat_instance: "1" } } : rest;
};

const me = { id: Number(botId), is_bot: true, first_name: "Grija", username: "TestNameBot" };
const server = new TelegramServer({ host: "127.0.0.1", port: Number(port) });
const others = server.webServer;
const answer = (request, response) => {
  if (!request.url.endsWith("/getMe")) return others(request, response);
  response.setHeader("Content-Type", "application/json");
  return response.end(JSON.stringify({ ok: true, result: me }));
};
server.webServer = Object.assign(answer, { settings: others.settings });
server.start();
