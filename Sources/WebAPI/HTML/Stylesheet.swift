// SPDX-License-Identifier: GPL-3.0-or-later

/// The one stylesheet of all pages, and the icon beside them.
enum Stylesheet {
    static let path = WebPath("style.css")
    static let iconPath = WebPath("icon.svg")

    static let endpoints: [Endpoint] = [
        served("/style.css", "getStylesheet", "The stylesheet of all pages.", mediaType: "text/css", css),
        served("/icon.svg", "getIcon", "The icon of all pages.", mediaType: "image/svg+xml", icon),
    ]

    private static func served(
        _ path: String, _ name: String, _ summary: String, mediaType: String, _ text: String
    ) -> Endpoint {
        Endpoint(
            audience: .people, path: path, name: name, summary: summary, parameters: [],
            contents: [Endpoint.Content(mediaType: mediaType, schema: ["type": "string"])], otherStatuses: [:]
        ) { _ in
            var reply = Reply.text(text, mediaType: mediaType)
            reply.headers.append(Problem.Header(name: "Cache-Control", value: "public, max-age=300"))
            return reply
        }
    }

    private static let icon = """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#245c7a"/>\
        <path d="M6 20h7v-8h6v8h7" fill="none" stroke="#fff" stroke-width="3"/></svg>
        """

    private static let css = """
        :root {
          color-scheme: light dark;
          --ground: #fbfaf7; --raised: #fff; --ink: #1c2227; --soft: #59636b; --line: #d9d6cd; --link: #1f5f85;
          --good: #1d7a4a; --bad: #b3261e; --wait: #8a6100; --mark: #fff0c8; --goodfill: #d9efe2;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --ground: #14181b; --raised: #1c2226; --ink: #e6e8e6; --soft: #a3adb3; --line: #39424a; --link: #86c5ea;
            --good: #6fce9b; --bad: #ff8f86; --wait: #e3b95b; --mark: #4a3c12; --goodfill: #1f3d2d;
          }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; background: var(--ground); color: var(--ink);
          font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
        }
        header, main, footer { max-width: 66rem; margin: 0 auto; padding: 0 1rem; }
        header { padding-top: .5rem; }
        nav { display: flex; flex-wrap: wrap; gap: 0 1.25rem; border-bottom: 1px solid var(--line); }
        nav a { display: inline-block; padding: .6rem 0; text-decoration: none; }
        nav .home { font-weight: 700; color: var(--ink); }
        footer { margin-top: 3rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9rem; }
        a { color: var(--link); }
        a:focus-visible, button:focus-visible, select:focus-visible, input:focus-visible, summary:focus-visible,
        .wide:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
        .skip { position: absolute; left: -99rem; }
        .skip:focus { left: 1rem; top: .5rem; background: var(--raised); padding: .5rem 1rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: 1.5rem 0 .5rem; overflow-wrap: anywhere; }
        h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
        .lead { color: var(--soft); max-width: 45rem; margin-top: 0; }
        .wide { overflow-x: auto; max-width: 100%; }
        table { border-collapse: collapse; width: 100%; background: var(--raised); border: 1px solid var(--line); }
        caption { text-align: left; color: var(--soft); padding: .25rem 0; }
        th, td { text-align: left; padding: .45rem .7rem; border-top: 1px solid var(--line); vertical-align: top; }
        th { font-size: .85rem; color: var(--soft); font-weight: 600; white-space: nowrap; }
        td { overflow-wrap: anywhere; min-width: 5.5rem; }
        pre.wrap { white-space: pre-wrap; overflow-wrap: anywhere; }
        time, .short { white-space: nowrap; }
        code, pre { font: .9em/1.45 ui-monospace, "DejaVu Sans Mono", "Liberation Mono", monospace; }
        code { overflow-wrap: anywhere; }
        pre {
          background: var(--raised); border: 1px solid var(--line); padding: .75rem; overflow-x: auto; max-width: 100%;
        }
        pre .hit { display: inline-block; min-width: 100%; background: var(--mark); }
        pre .number { color: var(--soft); user-select: none; }
        dl { display: grid; grid-template-columns: minmax(7rem, 12rem) 1fr; gap: .3rem 1rem; margin: .5rem 0; }
        dt { color: var(--soft); }
        dd { margin: 0; overflow-wrap: anywhere; }
        .good { color: var(--good); } .bad { color: var(--bad); } .wait { color: var(--wait); } .soft { color: var(--soft); }
        .word { font-weight: 600; white-space: nowrap; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; padding: 0; list-style: none; }
        .tiles li { background: var(--raised); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .8rem; }
        .tiles strong { display: block; font-size: 1.5rem; line-height: 1.2; }
        form { display: flex; flex-wrap: wrap; gap: .6rem .8rem; align-items: end; margin: 1rem 0; }
        label { display: grid; font-size: .85rem; color: var(--soft); }
        input, select, button {
          font: inherit; color: var(--ink); background: var(--raised); border: 1px solid var(--soft); border-radius: .3rem;
          padding: .4rem .6rem; min-height: 2.6rem; max-width: 100%;
        }
        button { background: var(--link); border-color: var(--link); color: var(--ground); font-weight: 600; }
        figure { margin: 1rem 0; }
        svg.timeline { display: block; width: 100%; min-width: 38rem; height: auto; }
        svg.timeline text { font: 13px system-ui, "Liberation Sans", sans-serif; fill: var(--soft); }
        .window { fill: var(--goodfill); } .axisline { stroke: var(--soft); stroke-width: 1; }
        .bracket { fill: var(--wait); fill-opacity: .55; } .milestone { stroke: var(--line); stroke-width: 1; }
        .today { stroke: var(--link); stroke-width: 2; stroke-dasharray: 5 3; }
        .pass { fill: none; stroke: var(--good); stroke-width: 2; }
        .fail { fill: none; stroke: var(--bad); stroke-width: 2; }
        .matrix td { min-width: 4rem; } .matrix td a { text-decoration: none; }
        @media (max-width: 40rem) {
          dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; }
          table, tbody, tr, td, caption { display: block; }
          thead { position: absolute; left: -99rem; }
          tr { padding: .4rem 0; border-top: 1px solid var(--line); }
          td { display: grid; grid-template-columns: 6.5rem 1fr; gap: .5rem; border: 0; padding: .15rem .7rem; }
          td::before { content: attr(data-head); color: var(--soft); font-size: .85rem; }
          table.matrix { display: table; } .matrix tbody { display: table-row-group; } .matrix tr { display: table-row; }
          .matrix thead { display: table-header-group; position: static; } .matrix td { display: table-cell; }
          .matrix td::before { content: none; }
        }
        """
}
