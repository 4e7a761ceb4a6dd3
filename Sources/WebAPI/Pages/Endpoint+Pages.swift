// SPDX-License-Identifier: GPL-3.0-or-later

extension Endpoint {
    /// Everything made for people to look at.
    static let pages: [Endpoint] =
        Stylesheet.endpoints + [
            FrontPage.endpoint, CatalogPage.endpoint, TrapPage.endpoint, JobsetPages.list, JobsetPages.one,
            EvaluationPage.endpoint, BuildPages.list, BuildPages.one, RunPage.endpoint,
        ] + ComparisonPages.endpoints + FarmPages.endpoints
}
