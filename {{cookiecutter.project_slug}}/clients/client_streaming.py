"""Client streaming: submits questions and uploads temperatures, good and bad, in one call each."""

import sys
from collections.abc import AsyncIterator, Iterator, Sequence

import grpc

from buildings.grpc import buildings_pb2, buildings_pb2_grpc
from clients.session import DEADLINE, run, text, unique
from questions.grpc import questions_pb2, questions_pb2_grpc


def demo(channel: grpc.Channel) -> None:
    questions = questions_pb2_grpc.QuestionControllerStub(channel)
    buildings = buildings_pb2_grpc.BuildingControllerStub(channel)

    report = questions.BulkSubmit(submissions(), timeout=DEADLINE)
    show_submission_report(report)
    for question_id in report.ids:
        questions.Destroy(questions_pb2.QuestionDestroyRequest(id=question_id), timeout=DEADLINE)

    building = buildings.Create(new_building(), timeout=DEADLINE)
    try:
        upload = buildings.UploadTemperatures(temperatures(building.id), timeout=DEADLINE)
        show_upload_report(upload)
    finally:
        buildings.Destroy(buildings_pb2.BuildingDestroyRequest(id=building.id), timeout=DEADLINE)


async def aio_demo(channel: grpc.aio.Channel) -> None:
    questions = questions_pb2_grpc.QuestionControllerStub(channel)
    buildings = buildings_pb2_grpc.BuildingControllerStub(channel)

    async def generate_submissions() -> AsyncIterator[questions_pb2.QuestionRequest]:
        for submission in submissions():
            yield submission  # a real client would await its source here

    report = await questions.BulkSubmit(generate_submissions(), timeout=DEADLINE)
    show_submission_report(report)
    for question_id in report.ids:
        doomed = questions_pb2.QuestionDestroyRequest(id=question_id)
        await questions.Destroy(doomed, timeout=DEADLINE)

    # The other style: write() each message, say that it was the last, await the reply.
    building = await buildings.Create(new_building(), timeout=DEADLINE)
    try:
        call = buildings.UploadTemperatures(timeout=DEADLINE)
        for temperature in temperatures(building.id):
            await call.write(temperature)
        await call.done_writing()
        show_upload_report(await call)
    finally:
        razed = buildings_pb2.BuildingDestroyRequest(id=building.id)
        await buildings.Destroy(razed, timeout=DEADLINE)


def submissions() -> Iterator[questions_pb2.QuestionRequest]:
    """Two good questions, one that is empty and one that repeats the first."""
    first = unique("Is it streaming yet?")
    for question_text in [first, "", unique("Is it still streaming?"), first]:
        print(f"BulkSubmit <- {question_text!r}")
        yield questions_pb2.QuestionRequest(question_text=question_text)


def show_submission_report(report: questions_pb2.SubmissionReportResponse) -> None:
    print(f"    {report.accepted} accepted, {len(report.rejections)} not:")
    for rejection in report.rejections:
        print(f"    no. {rejection.position}, {rejection.question_text!r}: {rejection.reason}")


def new_building() -> buildings_pb2.BuildingRequest:
    return buildings_pb2.BuildingRequest(
        name=unique("The demo client's hut"),
        address="Loopback Lane 1",
        city="Localhost",
        country="Nowhere",
        height_m=2.5,
        floors=1,
        opened=2025,
    )


def temperatures(building_id: int) -> Iterator[buildings_pb2.TemperatureRequest]:
    """Two good temperatures, a repetition, one too hot to be true, and one of no building."""
    for building, celsius, measured_at in [
        (building_id, 21.5, "2025-07-01T12:00:00Z"),
        (building_id, 22.0, "2025-07-01T13:00:00Z"),
        (building_id, 22.0, "2025-07-01T13:00:00Z"),
        (building_id, 451.0, "2025-07-01T14:00:00Z"),
        (0, 23.5, "2025-07-01T15:00:00Z"),
    ]:
        temperature = buildings_pb2.TemperatureRequest(
            building=building, celsius=celsius, measured_at=measured_at
        )
        print(f"UploadTemperatures <- {text(temperature)}")
        yield temperature


def show_upload_report(report: buildings_pb2.UploadReportResponse) -> None:
    print(
        f"    {report.recorded} recorded, {report.duplicate} duplicate, "
        f"{report.unknown_building} of no known building, {report.invalid} invalid"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    return run(__doc__, demo, aio_demo, arguments)


if __name__ == "__main__":
    sys.exit(main())
