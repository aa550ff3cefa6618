"""Data: uploads, paths on the server, readings that outlive a reload, and damaged datasets."""

import json
import os
import time
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import pytest
from filelock import FileLock
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.runtime.context import StreamlitHeaders
from streamlit.runtime.uploaded_file_manager import UploadedFile, UploadedFileRec

from pages.common import data_files, visitor
from pages.train.data import source
from pages.train.data.server_path import server_path
from rnn_core import tasks
from rnn_core.config import DataConfig, Problem
from rnn_core.data import top
from rnn_core.data.schema import Schema, Side
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from rnn_core.workspace.datasets import save
from rnn_core.workspace.store import READY_MADE
from tests.pages.driving import PAGES, ROOT, Open, sound
from tests.tiny import read_dataset, stand_in

CSV = b"text,label\n" + b"good film,a\nbad film,b\n" * 20


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A workspace without runs."""
    root = tmp_path / "workspace"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / ".seeded").touch()
    return root


# ---- paths on the server --------------------------------------------------------------------------------------------


def sits(monkeypatch: pytest.MonkeyPatch, address: str | None = None, **headers: str) -> None:
    """A browser at this address that sends these headers."""
    sent = StreamlitHeaders((name.replace("_", "-"), value) for name, value in headers.items())
    monkeypatch.setattr(visitor.st, "context", SimpleNamespace(ip_address=address, headers=sent, locale=None))


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1", "[::1]:8501", "LOCALHOST", "127.0.0.1:80"])
@pytest.mark.parametrize("address", [None, "127.0.0.1", "::1", "::ffff:127.0.0.1"])  # None: what Streamlit says
@pytest.mark.parametrize("origin", [True, False])
def test_who_sits_at_the_server_may_name_its_files(
    host: str, address: str | None, origin: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    sits(monkeypatch, address, Host=host, **({"Origin": f"http://{host.lower()}"} if origin else {}))
    assert server_path(f" {tmp_path}/a.csv ") == tmp_path / "a.csv"


@pytest.mark.parametrize(
    ("address", "headers"),
    [("10.0.0.5", {"Host": "localhost"}), (None, {"Host": "unrolled.example.org"}), (None, {"Host": "[bad"}),
     ("::ffff:10.0.0.5", {"Host": "localhost"}), ("here", {"Host": "localhost"}), (None, {"Host": "10.0.0.5:8501"}),
     *((None, {"Host": "localhost:8501", "Origin": origin})
       for origin in ("http://localhost:9999", "http://127.0.0.1:8501", "https://evil.example", "null", "http://[bad", "")),
     *((None, {"Host": "localhost:8501", name: "for=10.0.0.5"})
       for name in ("X_Forwarded_For", "x_forwarded_host", "Forwarded", "X_Real_IP", "CF_Connecting_IP", "True_Client_IP",
                    "X_Client_IP", "X_Forwarded_Proto", "Via", "Fastly_Client_IP", "X_Cluster_Client_IP", "CF_Ray"))],
)  # fmt: skip
def test_who_comes_from_elsewhere_may_only_with_leave(
    address: str | None, headers: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_bytes(CSV)
    sits(monkeypatch, address, **headers)
    with pytest.raises(Problem, match="UNROLLED_FILES"):
        server_path(str(tmp_path / "a.csv"))
    monkeypatch.setenv("UNROLLED_FILES", str(tmp_path))
    assert server_path(str(tmp_path / "a.csv")) == tmp_path / "a.csv"
    with pytest.raises(Problem, match="Only files below"):
        server_path("/etc/passwd")


@pytest.mark.parametrize(
    ("host", "origin", "another"),
    [("localhost:8501", "http://localhost:9999", True), ("127.0.0.1:8501", "http://localhost:8501", True),
     ("[::1]:8501", "http://127.0.0.1:1", True), ("localhost", "https://localhost:8501", True),
     ("localhost:8501", "http://localhost:8501", False), ("127.0.0.1:8501", "http://127.0.0.1:8501", False),
     ("127.0.0.1:8501", "https://unrolled.example", False),  # a proxy; whether it may is for Streamlit to say
     ("unrolled.example", "https://unrolled.example", False), ("", "", False), ("localhost:8501", "null", False),
     ("[bad", "http://[bad", False)],
)  # fmt: skip
def test_a_page_of_another_server_on_this_machine_is_turned_away(
    host: str, origin: str, another: bool, open_page: Open, empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sits(monkeypatch, Host=host, Origin=origin)
    assert visitor.comes_from_another_local_page() == another
    if host.startswith("127.0.0.1"):
        app = open_page("data", empty)
        said = [e.value.replace("\\", "") for e in app.error]
        assert all("Open it by its own address" in words for words in said) and bool(said) == another
        assert bool(app.title) != another, "nothing else is shown"


@pytest.mark.parametrize(
    ("named", "said"),
    [("~nobody-of-that-name/x", "unknown user"), ("x" * 5000, "longer than"), ("a\0b", "invalid in a path"),
     ("/tmp", "is a folder"), ("/tmp/none.csv", "is not there"), ("circle", "cannot be looked at"),
     ("/proc/self/maps", "not an ordinary file"), ("/proc/self/mem", "ordinary file"), ("/dev/zero", "not an ordinary file")],
)  # fmt: skip
def test_a_path_that_cannot_be_used_is_said(
    named: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "circle").symlink_to("circle")
    sits(monkeypatch, Host="localhost")
    with pytest.raises(Problem, match=said) as why:
        server_path(named)
    assert len(str(why.value)) < 300


# ---- uploads --------------------------------------------------------------------------------------------------------


class Counted(UploadedFile):
    """An uploaded file that counts how often it is read whole."""

    reads = 0

    def getvalue(self) -> bytes:
        self.reads += 1
        return super().getvalue()


def test_an_upload_is_hashed_once_kept_while_in_use_and_written_again_when_gone(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNROLLED_WORKSPACE", str(empty))
    upload = Counted(UploadedFileRec("some-file", "t.csv", "text/csv", CSV), FileURLs())
    path, digest = data_files.keep_upload(upload)
    assert path.read_bytes() == CSV and path.name == digest
    key = data_files.fingerprint_of(path, DataConfig())
    os.utime(path, (0, 0))
    reads = upload.reads
    assert data_files.keep_upload(upload) == (path, digest) and upload.reads == reads
    assert time.time() - path.stat().st_mtime < 60
    assert data_files.fingerprint_of(path, DataConfig()) == key, "the form keeps what was chosen"
    path.unlink()
    assert data_files.keep_upload(upload)[0].read_bytes() == CSV


def test_the_task_is_guessed_from_an_upload_and_encodings_have_their_common_names(empty: Path, open_page: Open) -> None:
    app = open_page("data", empty)
    app.file_uploader(key="data-0-upload-train").upload("t.csv", b"tokens,tags\n" + b"we go,A B\nno,C\n" * 9)
    sound(app.run())
    task = next(group for group in app.get("button_group") if group.proto.label == "Task")
    assert task.value == "tag"
    encodings = next(box for box in app.selectbox if box.label == "Encoding")
    assert {"cp932 (Shift-JIS)", "gb18030 (GBK)", "utf-8"} <= set(encodings.options)


def test_a_file_is_looked_into_once(empty: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the page runs; and once more for each other way in which it may be written."""
    looks: list[str] = []
    recognise, read_rows = top.recognise, top.read_rows
    monkeypatch.setattr(top, "recognise", lambda *given, **more: looks.append("format") or recognise(*given, **more))
    monkeypatch.setattr(top, "read_rows", lambda *given, **more: looks.append("rows") or read_rows(*given, **more))
    app = open_page("data", empty)
    text = "text,label\n" + "".join(f"a film number {i},{'good' if i % 2 else 'bad'}\n" for i in range(30))
    app.file_uploader(key="data-0-upload-train").upload("once.csv", text.encode())
    sound(app.run())
    assert sorted(looks) == ["format", "rows", "rows"], "its first rows, and those with letters beyond ASCII"
    next(box for box in app.selectbox if box.label == "Label column").select("label")
    sound(app.run())
    next(box for box in app.text_input if box.label == "Name of the data set").set_value("Mine")
    sound(app.run())
    assert len(looks) == 3
    next(box for box in app.selectbox if box.label == "Encoding").select("latin-1")
    sound(app.run())
    assert sorted(looks[3:]) == ["format", "rows", "rows"]


def test_another_encoding_of_a_table_is_read_by_it(empty: Path, open_page: Open) -> None:
    app = open_page("data", empty)
    rows = "text,label\n" + "".join(f"un café {i},{'good' if i % 2 else 'bad'}\n" for i in range(30))
    app.file_uploader(key="data-0-upload-train").upload("cafe.csv", rows.encode("cp1252"))
    sound(app.run())
    box = next(box for box in app.selectbox if box.label == "Encoding")
    box.select("koi8-r")
    sound(app.run())
    assert app.dataframe[0].value.iloc[0, 0] == "un caf\u0418 0"


# ---- readings -------------------------------------------------------------------------------------------------------


def job(root: Path, state: str, **more: object) -> Path:
    folder = root / "jobs" / "20250101-000000-aaaaaa"
    folder.mkdir(parents=True)
    (folder / "status.json").write_text(json.dumps({"state": state, "time": time.time(), "progress": 0.25} | more))
    return folder


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")  # a worker outlives whoever started it
def test_a_file_is_read_by_a_job_that_a_reload_finds_again_and_old_jobs_go(empty: Path, open_page: Open) -> None:
    old = job(empty, "done")
    os.utime(old, (0, 0))
    app = open_page("data", empty)
    app.file_uploader(key="data-0-upload-train").upload("t.csv", CSV)
    sound(app.run())
    next(button for button in app.button if button.label == "Read and check all rows").click()
    sound(app.run())
    (folder,) = (empty / "jobs").iterdir()
    assert app.query_params["job"] in (folder.name, [folder.name])
    while (now := jobs.status(folder)) and now.active:
        time.sleep(0.1)
    assert now and now.detail["name"] == "t"
    app = open_page("data", empty, job=folder.name)
    assert app.success and app.subheader[0].value == "t"


def test_a_reading_is_shown_after_a_reload_and_its_data_when_it_is_done(empty: Path, open_page: Open) -> None:
    folder = job(empty, "running", message="Reading")
    with FileLock(folder / "lock"):
        app = open_page("data", empty, job=folder.name)
        assert any(button.label == "Cancel" for button in app.button) and not app.file_uploader
        assert app.query_params["job"] in (folder.name, [folder.name])
    saved = save(empty, read_dataset({"train": ROOT / "samples" / "reviews.csv"}, DataConfig()), "Reviews")
    (folder / "status.json").write_text(json.dumps({"state": "done", "detail": {"dataset": saved.id}}))
    sound(app.run())
    assert app.success and app.subheader[0].value == "Reviews"
    assert "job" not in app.query_params and app.query_params["dataset"] in (saved.id, [saved.id])


@pytest.mark.parametrize(("state", "said"), [("running", "cut off"), ("cancelled", "was cancelled"), ("cut off", "cut off")])
def test_a_reading_that_ended_early_says_so(state: str, said: str, empty: Path, open_page: Open) -> None:
    app = open_page("data", empty, job=job(empty, state).name)
    assert said in app.warning[0].value and "choose the file" in app.warning[0].value
    assert "job" not in app.query_params and app.file_uploader


@pytest.mark.parametrize("name", ["20240101-000000-aaaaaa", "../../etc", "a\0b"])
def test_a_link_to_no_reading_is_survived(name: str, empty: Path, open_page: Open) -> None:
    app = open_page("data", empty, job=name)
    assert app.file_uploader and "job" not in app.query_params
    assert "not here any more" in app.warning[0].value


def test_a_reading_that_failed_says_why_once(empty: Path, open_page: Open) -> None:
    app = open_page("data", empty, job=job(empty, "failed", message="The file is empty.").name)
    assert len(app.error) == 1 and "The file is empty" in app.error[0].value and not app.warning
    assert not sound(app.run()).error


def test_a_reading_that_goes_on_can_be_followed_by_everybody(empty: Path, open_page: Open) -> None:
    folder = job(empty, "running", detail={"name": "<b>mine</b> $x$"})
    with FileLock(folder / "lock"):
        app = open_page("data", empty)
        (line,) = (caption.value for caption in app.caption if "is being read" in caption.value)
        assert "25% done" in line and "<b>" not in line and app.file_uploader
        app.button(key=f"follow-{folder.name}").click()
        sound(app.run())
        assert app.query_params["job"] in (folder.name, [folder.name])
        assert any(button.label == "Cancel" for button in app.button)


def test_a_reading_that_failed_is_named_for_an_hour_but_not_why(empty: Path, open_page: Open) -> None:
    def said() -> list[str]:
        app = open_page("data", empty)
        assert not any("secret" in str(one.value) for one in (*app.caption, *app.error, *app.warning))
        return [caption.value for caption in app.caption if "could not be read" in caption.value]

    folder = job(empty, "failed", message="Every label is 'secret'.", detail={"name": "mine"})
    assert len(said()) == 1 and "mine" in said()[0]
    os.utime(folder / "status.json", (time.time() - 4000,) * 2)
    assert not said()


def test_who_was_told_why_a_reading_failed_is_not_told_again(empty: Path, open_page: Open) -> None:
    app = open_page("data", empty, job=job(empty, "failed", message="The file is empty.").name)
    assert app.error
    assert not any("could not be read" in caption.value for caption in [*app.caption, *sound(app.run()).caption])


# ---- what was found -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "one", "said"), [("L", "U", "IOBES in the letters of BILOU ·"), ("E", "S", "IOBES ·")])
def test_the_letters_of_entity_tags_are_named(
    end: str, one: str, said: str, empty: Path, open_page: Open, tmp_path: Path
) -> None:
    lines = [f"Ann\tB-PER\nLee{i}\t{end}-PER\nsaw\tO\nRome\t{one}-LOC\n\n" for i in range(20)]
    (tmp_path / "t.tsv").write_text("".join(lines))
    saved = save(empty, read_dataset({"train": tmp_path / "t.tsv"}, DataConfig(task="tag")), "Names")
    app = open_page("data", empty, dataset=saved.id)
    assert any(f"scheme {said}" in caption.value for caption in app.caption)


# ---- damaged datasets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", ["{", "{}", '{"name": 5}'])
def test_a_damaged_dataset_is_said_and_can_be_deleted(content: str, empty: Path, open_page: Open) -> None:
    good = save(empty, read_dataset({"train": ROOT / "samples" / "reviews.csv"}, DataConfig()), "Good")
    bad = save(empty, read_dataset({"train": ROOT / "samples" / "tagged.tsv"}, DataConfig(task="tag")), "Bad")
    (bad.path / "dataset.json").write_text(content)
    train = open_page("train", empty, dataset=bad.id)
    assert train.selectbox(key="pick-dataset").value == good.id and not train.error
    app = open_page("data", empty, dataset=bad.id)
    assert len(app.error) == 1 and bad.id in app.error[0].value
    assert app.selectbox(key="pick-dataset").value == good.id
    app.button(key=f"delete-{bad.id}").click()
    assert not sound(app.run()).error
    assert [d.id for d in Workspace(empty).datasets()] == [good.id] and not bad.path.exists()


# ---- a workspace that cannot be written -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_ready_made_runs_are_there_where_nothing_can_be_written(page: str, tmp_path: Path, open_page: Open) -> None:
    (tmp_path / "file").touch()
    app = open_page(page, tmp_path / "file" / "workspace")
    assert "Nothing can be saved" in app.error[0].value
    if page == "inspect":
        assert len(app.selectbox(key="pick-run").options) == len(list(READY_MADE.iterdir())) and app.get("plotly_chart")


def test_a_dataset_of_two_texts_is_shown_with_both(
    tmp_path: Path, empty: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pairs(type(tasks.task("classify"))):  # type: ignore[misc]
        schema = Schema((Side("text", "tokens"), Side("target", "tokens")))
        columns = MappingProxyType({"text": "Source column", "target": "Target column"})

    stand_in(monkeypatch, Pairs())
    (tmp_path / "t.csv").write_text("en,de\n" + "".join(f"the word {i},das Wort {i} hier\n" for i in range(40)))
    saved = save(empty, read_dataset({"train": tmp_path / "t.csv"}, DataConfig()), "Words")
    app = open_page("data", empty, dataset=saved.id)
    assert {"Texts kept", "Left out", "Vocabulary N", "Tokens"} == {metric.label for metric in app.metric}
    shown = next(frame.value for frame in app.dataframe if "target" in frame.value)
    assert list(shown) == ["text", "target"] and shown["target"][0] == shown["text"][0].replace("the word", "das Wort") + " hier"


def test_pasted_prose_is_a_text_to_continue_and_pasted_rows_are_a_table(tmp_path: Path, open_page: Open, empty: Path) -> None:
    prose = "".join(f"{'The' if i % 2 else 'A'} mill stands near house {i} and turns.\n" for i in range(30))
    for typed, task in ((prose, "generate"), (CSV.decode(), "classify")):
        path = tmp_path / "0123456789"
        path.write_text(typed)
        assert source.task_of(path, source.PASTED) == task
        path.unlink()
    app = open_page("data", empty)
    app.session_state["data-0-source"] = "paste"
    sound(app.run())
    app.text_area(key="data-0-paste").set_value(prose)
    sound(app.run())
    assert next(group for group in app.get("button_group") if group.proto.label == "Task").value == "generate"
    [kept] = (empty / "uploads").iterdir()
    assert kept.read_text() == prose
