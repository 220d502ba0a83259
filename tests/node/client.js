// What the tests call the server by: @grpc/grpc-js, which has an HTTP/2 of its own.
"use strict";

const path = require("node:path");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const health = require("grpc-health-check");

const { TARGET, PROJECT } = process.env;
const OPTIONS = { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true };
const DEADLINE_SECONDS = 30;

const reflectionFolder = path.join(path.dirname(require.resolve("@grpc/reflection")), "../proto");

function load(file, ...folders) {
  const definition = loader.loadSync(file, { ...OPTIONS, includeDirs: folders });
  return grpc.loadPackageDefinition(definition);
}

const questions = load("questions.proto", path.join(PROJECT, "questions/grpc")).questions;
const buildings = load("buildings.proto", path.join(PROJECT, "buildings/grpc")).buildings;
const reflection = (version) =>
  load(`grpc/reflection/${version}/reflection.proto`, reflectionFolder).grpc.reflection[version];
const { Health } = load(health.protoPath).grpc.health.v1;

function connect(Service) {
  return new Service(TARGET, grpc.credentials.createInsecure());
}

function deadline(seconds = DEADLINE_SECONDS) {
  return { deadline: Date.now() + seconds * 1000 };
}

// A unary call as a promise of its reply; it is rejected with the error of grpc-js.
function ask(client, method, request, metadata = new grpc.Metadata()) {
  return new Promise((resolve, reject) => {
    client[method](request, metadata, deadline(), (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
  });
}

// Send the requests on a call that takes many, and end it: a promise of its one reply.
function submit(client, method, requests) {
  return new Promise((resolve, reject) => {
    const call = client[method](new grpc.Metadata(), deadline(), (error, reply) =>
      error ? reject(error) : resolve(reply),
    );
    requests.forEach((request) => call.write(request));
    call.end();
  });
}

// All replies of a stream, and the error that it ended with, if any.
async function replies(call) {
  const received = [];
  try {
    for await (const reply of call) received.push(reply);
    return { received, error: null };
  } catch (error) {
    return { received, error };
  }
}

module.exports = {
  Health, OPTIONS, ask, buildings, connect, deadline, grpc, loader, questions, reflection, replies,
  submit,
};
