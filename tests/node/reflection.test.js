// The server tells its contract, and a client that has only this can call it.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { OPTIONS, ask, connect, deadline, grpc, loader, reflection, replies } =
  require("./client.js");

async function tell(version, ...requests) {
  const client = connect(reflection(version).ServerReflection);
  const call = client.ServerReflectionInfo(new grpc.Metadata(), deadline());
  requests.forEach((request) => call.write(request));
  call.end();
  const { received, error } = await replies(call);
  client.close();
  assert.equal(error, null);
  return received;
}

// google.protobuf.FileDescriptorSet: each file is field 1.
function fileSet(files) {
  return Buffer.concat(files.flatMap((file) => {
    const length = [];
    for (let rest = file.length; ; rest >>= 7) {
      length.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) return [Buffer.from([10, ...length]), file];
    }
  }));
}

for (const version of ["v1alpha", "v1"]) {
  test(`${version}: from the list of services to a call`, async () => {
    const [{ list_services_response: listed }, { file_descriptor_response: files }] = await tell(
      version,
      { list_services: "" },
      { file_containing_symbol: "questions.QuestionController" },
    );
    const names = listed.service.map((service) => service.name);
    assert.ok(names.includes("questions.QuestionController"));
    assert.ok(names.includes("grpc.health.v1.Health"));
    const definition = loader.loadFileDescriptorSetFromBuffer(
      fileSet(files.file_descriptor_proto), OPTIONS,
    );
    const client = connect(grpc.loadPackageDefinition(definition).questions.QuestionController);
    assert.ok(Array.isArray((await ask(client, "List", {})).results));
    client.close();
  });

  test(`${version}: what is not there`, async () => {
    const [reply] = await tell(version, { file_containing_symbol: "no.Service" });
    assert.equal(reply.error_response.error_code, grpc.status.NOT_FOUND);
  });
}
