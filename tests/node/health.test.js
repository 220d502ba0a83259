// The health service, until the server stops.
"use strict";

const assert = require("node:assert/strict");
const { after, test } = require("node:test");
const { Health, ask, connect, deadline, grpc, replies } = require("./client.js");

const health = connect(Health);
after(() => health.close());

const SERVICES = ["buildings.BuildingController", "questions.QuestionController"];

test("the server, each service and the process are well", async () => {
  for (const service of ["", "liveness", ...SERVICES]) {
    assert.deepEqual(await ask(health, "Check", { service }), { status: "SERVING" });
  }
  const { statuses } = await ask(health, "List", {});
  assert.deepEqual(Object.keys(statuses).sort(), ["", ...SERVICES, "liveness"].sort());
});

test("a service that is not there", async () => {
  const error = await ask(health, "Check", { service: "no.Service" }).catch((caught) => caught);
  assert.equal(error.code, grpc.status.NOT_FOUND);
  const call = health.Watch({ service: "no.Service" }, deadline());
  const [first] = await new Promise((resolve) => call.once("data", (reply) => resolve([reply])));
  assert.deepEqual(first, { status: "SERVICE_UNKNOWN" });
  call.on("error", () => {});
  call.cancel();
});

test("who watches hears of the stop", async () => {
  const calls = ["", ...SERVICES].map((service) => health.Watch({ service }, deadline()));
  const all = calls.map(replies);
  await Promise.all(calls.map((call) => new Promise((resolve) => call.once("data", resolve))));
  process.kill(Number(process.env.SERVER), "SIGTERM");
  for (const { received, error } of await Promise.all(all)) {
    assert.deepEqual(received.map((reply) => reply.status), ["SERVING", "NOT_SERVING"]);
    assert.equal(error.code, grpc.status.UNAVAILABLE);
  }
});
