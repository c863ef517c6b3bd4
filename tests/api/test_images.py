"""Pictures through the API: what is taken, what is refused and why, bytes and smaller versions, lists."""

import io
import stat
import zipfile

import pytest
from PIL import Image

from tests.api.conftest import Api
from tests.builders import box, picture


def reasons(answer: dict) -> list[str]:
    return [rejected["reason"] for rejected in answer["rejected"]]


def send(api: Api, project: str, name: str, content: bytes, status: int = 200) -> dict:
    return api.call("POST", f"/api/projects/{project}/images", status, files=[("files", (name, content, "image/png"))])


@pytest.fixture
def project(api: Api) -> str:
    return api.project()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("notes.png", b"this is no picture", "not a JPEG"),
        ("empty.png", b"", "not a JPEG"),
        ("cut.png", picture(1, (300, 200))[:400], "damaged"),
        ("cut.jpg", picture(1, (300, 200), "JPEG")[:900], "damaged"),
        ("wrong.jpg", picture(2), "the name says JPEG, the content is PNG"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "files ending in"),
        ("script.png.exe", picture(3), "files ending in"),
        ("../../etc/passwd.png", picture(4), "must not hold a path"),
        ("..\\evil.png", picture(4), "must not hold a path"),
        ("x" * 300 + ".png", picture(5), "1 to 255 characters"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(api: Api, project, name, content, reason):
    answer = send(api, project, name, content)
    assert answer["registered"] == []
    assert reason in reasons(answer)[0]
    assert api.call("GET", f"/api/projects/{project}/images")["items"] == []


def test_a_decompression_bomb_is_refused_before_it_is_decoded(api: Api, project):
    bomb = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")
    assert "megapixels" in reasons(send(api, project, "bomb.png", bomb.getvalue()))[0]


def test_one_bad_file_does_not_stop_the_others(api: Api, project):
    files = [("files", (f"{n}.png", picture(n), "image/png")) for n in range(3)] + [("files", ("bad.png", b"x"))]
    answer = api.call("POST", f"/api/projects/{project}/images", 201, files=files)
    assert (len(answer["registered"]), len(answer["rejected"])) == (3, 1)


def test_no_file_and_no_form_are_told_apart_from_a_server_error(api: Api, project):
    path = f"/api/projects/{project}/images"
    api.call("POST", path, 400, files=[("other", ("a.png", picture()))])
    api.call("POST", path, 400, json={"files": []})
    api.call("POST", path, 400, content=b"garbage", headers={"content-type": "multipart/form-data; boundary=x"})
    api.call("POST", path, 400, content=b"garbage", headers={"content-type": "application/zip"})
    api.call(
        "POST", "/api/projects/01890000-0000-7000-8000-000000000000/images", 404, files=[("files", ("a.png", b""))]
    )


def test_a_zip_is_read_and_what_leaves_it_is_refused(api: Api, project):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("folder/a.png", picture(1))
        archive.writestr("../b.png", picture(2))
        archive.writestr("/c.png", picture(3))
        link = zipfile.ZipInfo("d.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("zeros.png", b"\0" * 5_000_000)
    headers = {"content-type": "application/zip"}
    answer = api.call("POST", f"/api/projects/{project}/images", 201, content=packed.getvalue(), headers=headers)
    assert [image["file_name"] for image in answer["registered"]] == ["a.png"]
    refused = {r["file_name"]: r["reason"] for r in answer["rejected"]}
    assert refused["../b.png"] == refused["/c.png"] == "the path leaves the zip"
    assert refused["d.png"] == "it is a link"
    assert "hundred times" in refused["zeros.png"]


def test_exif_orientation_turns_the_picture_once(api: Api, project):
    exif = Image.Exif()
    exif[0x0112] = 6
    image = send(api, project, "turned.jpg", picture(7, (80, 40), "JPEG", exif=exif), 201)["registered"][0]
    assert (image["width"], image["height"]) == (40, 80)
    thumbnail = Image.open(io.BytesIO(api.http.get(f"/api/images/{image['id']}/thumbnail").content))
    assert thumbnail.size == (40, 80)
    assert not thumbnail.getexif()


def test_the_same_name_twice_are_two_pictures(api: Api, project):
    files = [("files", ("same.png", picture(n), "image/png")) for n in range(2)]
    answer = api.call("POST", f"/api/projects/{project}/images", 201, files=files)
    assert len({image["id"] for image in answer["registered"]}) == 2


def test_a_trashed_picture_that_is_sent_again_comes_back(api: Api, project):
    image = api.image(project, 9)
    api.call("DELETE", f"/api/images/{image}")
    assert api.upload(project, picture(9))["registered"][0]["id"] == image
    assert not api.call("GET", f"/api/images/{image}")["trashed"]


def test_bytes_are_cached_by_content_and_served_in_ranges(api: Api, project):
    content = picture(11)
    image = api.upload(project, content)["registered"][0]["id"]
    whole = api.http.get(f"/api/images/{image}/file")
    assert whole.content == content
    assert whole.headers["content-disposition"].startswith("attachment")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert "immutable" in whole.headers["cache-control"]
    etag = {"if-none-match": whole.headers["etag"]}
    assert api.http.get(f"/api/images/{image}/file", headers=etag).status_code == 304
    part = api.http.get(f"/api/images/{image}/file", headers={"range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, content[2:6])
    assert api.http.get(f"/api/images/{image}/file", headers={"range": "bytes=-4"}).content == content[-4:]
    past = api.call("GET", f"/api/images/{image}/file", 416, headers={"range": "bytes=999999-"})
    assert past["detail"] == f"The file has {len(content)} bytes."
    for known, status in ((whole.headers["etag"], 206), ('"other bytes"', 200)):
        headers = {"range": "bytes=2-5", "if-range": known}
        assert api.http.get(f"/api/images/{image}/file", headers=headers).status_code == status
    preview = api.http.get(f"/api/images/{image}/preview")
    assert preview.headers["content-type"] == "image/webp"
    assert preview.headers["content-disposition"] == "inline"


def test_pages_hold_every_image_once_under_each_order(api: Api, project):
    pictures = [picture(n) for n in range(12)]
    api.upload(project, *pictures)
    for sort in ("oldest", "newest", "name"):
        seen, after = [], None
        while True:
            params = {"limit": 5, "sort": sort, "include": ["total"]} | ({"after": after} if after else {})
            page = api.call("GET", f"/api/projects/{project}/images", params=params)
            assert page["total"] == 12
            seen += [image["file_name"] for image in page["items"]]
            after = page["next"]
            if after is None:
                break
        assert len(seen) == len(set(seen)) == 12
        if sort == "name":
            assert seen == sorted(seen)
    api.call("GET", f"/api/projects/{project}/images", 400, params={"after": "nonsense"})


def test_filters_narrow_the_list(api: Api, project):
    red = api.category(project, "RBC")
    ids = [image["id"] for image in api.upload(project, *(picture(n) for n in range(4)))["registered"]]
    draw = {"type": "draw_annotation", "annotation_id": ids[0][:-4] + "0000", "category_id": red, "geometry": box()}
    api.commands(ids[0], draw, {"type": "submit"})
    listed = f"/api/projects/{project}/images"

    def names(**params) -> set[str]:
        return {image["id"] for image in api.call("GET", listed, params=params)["items"]}

    assert names(state="submitted") == names(category_id=red) == names(source="human") == {ids[0]}
    assert names(state=["unlabelled", "submitted"]) == set(ids)
    assert names(q="picture-2") == {ids[2]}
    assert names(q="%") == set()
    assert names(min_confidence=0.5) == set()
    shapes = api.call("GET", listed, params={"include": ["shapes"]})["items"][0]["shapes"]
    assert shapes[0]["geometry"] == box()
    around = api.call("GET", f"/api/images/{ids[1]}/neighbours")
    assert around == {"previous": ids[0], "next": ids[2], "place": None, "total": None}
    assert api.call("GET", f"/api/images/{ids[1]}/neighbours", params={"state": "submitted"})["next"] is None


def test_neighbours_follow_the_order_of_the_list_and_tell_the_place_in_it(api: Api) -> None:
    project = api.project()
    files = [("files", (name, picture(n), "image/png")) for n, name in enumerate(["b.png", "c.png", "a.png"])]
    registered = api.call("POST", f"/api/projects/{project}/images", 201, files=files)["registered"]
    b, c, a = (image["id"] for image in registered)

    def walk(first: str, **params) -> list[tuple[str, int]]:
        """Ids from `first` on with their places, by the neighbours alone."""
        seen: list[tuple[str, int]] = []
        current: str | None = first
        while current:
            around = api.call("GET", f"/api/images/{current}/neighbours", params={"include": ["place"], **params})
            assert around["total"] == 3
            assert around["previous"] == (seen[-1][0] if seen else None)
            seen.append((current, around["place"]))
            current = around["next"]
        return seen

    assert walk(b) == [(b, 1), (c, 2), (a, 3)]
    assert walk(a, sort="newest") == [(a, 1), (c, 2), (b, 3)]
    assert walk(a, sort="name") == [(a, 1), (b, 2), (c, 3)]


def test_a_project_tells_when_anything_last_happened_on_its_pictures(api: Api) -> None:
    project = api.project()
    created = api.call("GET", f"/api/projects/{project}")
    assert created["last_activity_at"] == created["created_at"]
    api.image(project)
    after = api.call("GET", f"/api/projects/{project}")
    assert after["updated_at"] == created["updated_at"]
    assert after["last_activity_at"] > created["last_activity_at"]
