;; SPDX-License-Identifier: GPL-3.0-or-later
;; What an analysis of flow cytometry data with R runs on.
(specifications->manifest
 '("r-minimal" "r-flowcore" "r-ggplot2"))
