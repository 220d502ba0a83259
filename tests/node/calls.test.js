// The four kinds of calls, errors, deadlines and metadata.
"use strict";

const assert = require("node:assert/strict");
const { after, test } = require("node:test");
const { ask, buildings, connect, deadline, grpc, questions, replies, submit } =
  require("./client.js");

const question = connect(questions.QuestionController);
const building = connect(buildings.BuildingController);
after(() => [question, building].forEach((client) => client.close()));

const BUILDING = { name: `Node ${process.pid}`, address: "1 Loop", city: "Bergen", country: "Norway",
  height_m: 12.5, floors: 3, opened: 1999 };

test("unary: create, retrieve, update, list, destroy", async () => {
  const created = await ask(question, "Create", { question_text: "Wer ist da? ✓" });
  assert.ok(created.id > 0);
  const { id } = created;
  assert.deepEqual(await ask(question, "Retrieve", { id }), created);
  const patch = { id, question_text: "Who?", _partial_update_fields: ["question_text"] };
  const changed = await ask(question, "PartialUpdate", patch);
  assert.deepEqual(changed, { ...created, question_text: "Who?" });
  const { results } = await ask(question, "List", {});
  assert.ok(results.some((found) => found.id === id && found.question_text === "Who?"));
  assert.deepEqual(await ask(question, "Destroy", { id }), {});
});

test("client stream, then server stream", async () => {
  const { id } = await ask(building, "Create", BUILDING);
  const measured = [1, 2, 3].map((hour) => ({
    building: id, celsius: hour / 2, measured_at: `2024-05-01T0${hour}:00:00Z`,
  }));
  const report = await submit(building, "UploadTemperatures", [
    ...measured, measured[0], { building: id, celsius: 1e6, measured_at: "now" },
  ]);
  assert.deepEqual(report, { recorded: 3, duplicate: 1, unknown_building: 0, invalid: 1 });
  const { received, error } = await replies(
    building.StreamBuildingTemperature({ id }, deadline()),
  );
  assert.equal(error, null);
  assert.deepEqual(received.map((reply) => reply.celsius), [0.5, 1, 1.5]);
  await ask(building, "Destroy", { id });
});

test("both ways: each question is answered before the next one is asked", async () => {
  const call = question.Stream(new grpc.Metadata(), deadline());
  const asked = ["One?", "Two?", "Three?"];
  call.write({ question_text: asked[0] });
  const answered = [];
  for await (const { response } of call) {
    answered.push(response);
    if (answered.length < asked.length) call.write({ question_text: asked[answered.length] });
    else call.end();
  }
  assert.equal(answered.length, asked.length);
  asked.forEach((text, place) => assert.ok(answered[place].includes(text)));
});

test("an error has its code, its details and google.rpc.Status", async () => {
  const error = await ask(question, "Retrieve", { id: 2 ** 40 }).catch((caught) => caught);
  assert.equal(error.code, grpc.status.NOT_FOUND);
  assert.equal(JSON.parse(error.details).code, "not_found");
  const [status] = error.metadata.get("grpc-status-details-bin");
  assert.ok(Buffer.isBuffer(status));
  assert.equal(status[1], grpc.status.NOT_FOUND, "the first field is the code");
});

test("invalid data names its field", async () => {
  const error = await ask(building, "Create", { ...BUILDING, name: "" }).catch((caught) => caught);
  assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
  assert.ok("name" in JSON.parse(error.details));
  const [status] = error.metadata.get("grpc-status-details-bin");
  assert.ok(status.includes("google.rpc.BadRequest"));
});

test("a stream that fails tells how", async () => {
  const call = building.StreamBuildingTemperature({ id: 2 ** 40 }, deadline());
  const { received, error } = await replies(call);
  assert.deepEqual(received, []);
  assert.equal(error.code, grpc.status.NOT_FOUND);
});

test("an unknown method is unimplemented", async () => {
  const { path, requestSerialize, responseDeserialize } =
    questions.QuestionController.service.List;
  const error = await new Promise((resolve) => {
    question.makeUnaryRequest(path.replace("List", "Nothing"), requestSerialize,
      responseDeserialize, {}, new grpc.Metadata(), deadline(), resolve);
  });
  assert.equal(error.code, grpc.status.UNIMPLEMENTED);
});

test("a deadline ends a call that waits, and no other", async () => {
  const call = question.Stream(new grpc.Metadata(), deadline(0.3));
  call.write({ question_text: "Anybody?" });
  const { received, error } = await replies(call);
  assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
  assert.ok(received.length <= 1);
  await ask(question, "List", {});
});

test("a call that its client cancels", async () => {
  const call = question.Stream(new grpc.Metadata(), deadline());
  call.write({ question_text: "Anybody?" });
  call.once("data", () => call.cancel());
  const error = await new Promise((resolve) => call.once("error", resolve));
  assert.equal(error.code, grpc.status.CANCELLED);
});

test("metadata of all kinds is taken", async () => {
  const metadata = new grpc.Metadata();
  metadata.set("x-trace", "abc");
  metadata.set("x-trace-bin", Buffer.from([0, 1, 255]));
  metadata.set("headers", JSON.stringify({ "accept-language": "de" }));
  const { results } = await ask(question, "List", {}, metadata);
  assert.ok(Array.isArray(results));
});

test("gzip in the request is taken", async () => {
  const client = new questions.QuestionController(
    process.env.TARGET, grpc.credentials.createInsecure(),
    { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip },
  );
  const created = await ask(client, "Create", { question_text: "z".repeat(150) });
  assert.equal(created.question_text.length, 150);
  await ask(client, "Destroy", { id: created.id });
  client.close();
});
