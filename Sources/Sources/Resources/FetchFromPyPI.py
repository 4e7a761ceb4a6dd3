# SPDX-License-Identifier: GPL-3.0-or-later
"""Downloads exactly one named file of one project from pip's configured index.

usage: FetchFromPyPI.py PROJECT FILE DESTINATION MAXIMUM-BYTES

Only pip's own network and index code runs: where the index is, which
certificates it has and which local links are searched is pip's configuration.
Nothing of the project is unpacked, built or executed (`pip download` would run
the setup.py of a source archive).

Prints where the file came from. Exit status: 0 fetched, 3 not listed by the
indexes, which did answer, 4 larger than the maximum, 1 anything else.
"""
import sys

NOT_LISTED, TOO_LARGE = 3, 4


class Listing:
    """The files that the configured indexes and link lists name for a project."""

    def __init__(self, collector):
        self.collector = collector
        self.answered = not collector.search_scope.index_urls

    def of_page(self, page):
        from pip._internal.index.collector import parse_links

        content = self.collector.fetch_response(page)
        if content is None:
            return []
        self.answered = True
        return list(parse_links(content))

    def links(self, project):
        for sources in self.collector.collect_sources(project, self.of_page):
            for source in sources:
                if source is not None:
                    yield from source.file_links()
                    yield from source.page_candidates()


def save(session, link, destination, maximum):
    """Copies the file, refusing one that is larger than the maximum."""
    size = 0
    with session.get(link.url_without_fragment, stream=True, headers={"Accept-Encoding": "identity"}) as response:
        response.raise_for_status()
        with open(destination, "wb") as file:
            for block in response.iter_content(1 << 16):
                size += len(block)
                if size > maximum:
                    print(f"{link.filename} is larger than {maximum} bytes", file=sys.stderr)
                    sys.exit(TOO_LARGE)
                file.write(block)


def main():
    project, name, destination, maximum = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    from pip._internal.commands import create_command

    command = create_command("download")
    with command.main_context():
        options, _ = command.parse_args(["--no-deps", "--quiet"])
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)
        listing = Listing(finder._link_collector)
        for link in listing.links(project):
            if link.filename == name:
                save(session, link, destination, maximum)
                print(link.url_without_fragment)
                return
    if not listing.answered:
        sys.exit(f"no index that pip knows answered for {project}")
    print(f"no index that pip knows lists {name} of {project}", file=sys.stderr)
    sys.exit(NOT_LISTED)


main()
