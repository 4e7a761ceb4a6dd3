// SPDX-License-Identifier: GPL-3.0-or-later

/// Tells the axes apart: which of the conditions that differ between a failed and a passed build matter.
struct AxisInquiry {
    let bad: Conditions
    let good: Conditions
    let observations: Observations

    /// What matters, and where to look at it closer.
    struct Answer: Hashable {
        /// The date axis matters; windows are to be looked for under these other conditions.
        var dateTemplate: Conditions?
        /// Other axes that matter, with a failed and a passed build that differ in nothing else.
        var others: [Axis] = []
        var otherBad: Conditions?
        var otherGood: Conditions?
        var interaction: Finding.Interaction?
    }

    private enum State { case good, bad, open }

    var progress: Progress<Answer, Conditions> {
        let differing = bad.axes(differingFrom: good)
        let others = differing.subtracting([.date])
        if others.isEmpty { return .settled(Answer(dateTemplate: bad)) }
        if !differing.contains(.date) { return separate(others, bad: bad, good: good, date: nil, interaction: nil) }
        let onlyDate = good.taking(.date, from: bad)  // the bad date, all else as in the good build
        let onlyOthers = bad.taking(.date, from: good)
        if suspectsOthers {
            switch state(onlyDate) {
            case .open: return .need([onlyDate])
            case .good: return passingAtBadDate(onlyDate, onlyOthers, others)
            case .bad: break
            }
        }
        if observations.goodConditions.contains(where: { bad.taking(.date, from: $0) == $0 }) {
            return .settled(Answer(dateTemplate: bad))
        }
        switch state(onlyOthers) {
        case .good: return .settled(Answer(dateTemplate: bad))
        case .open where mayLookForDates(onlyOthers):
            return .settled(Answer(dateTemplate: bad))
        case .open: return .need([onlyOthers])
        case .bad: break
        }
        switch state(onlyDate) {
        case .open: return .need([onlyDate])
        case .good: return separate(others, bad: bad, good: onlyDate, date: nil, interaction: nil)
        case .bad:
            // Two traps in one build are rare: chance has to be ruled out better.
            if observations.chanceOfFlakes(observations[onlyOthers].failed) > Tuning.rareDoubt {
                return .need([onlyOthers])
            }
            return separate(others, bad: onlyOthers, good: good, date: onlyDate, interaction: .independent)
        }
    }

    /// Whether a trap whose date edge nothing explains needs the other axes too; asked once its windows are known.
    var conjunction: Progress<Answer?, Conditions> {
        let others = bad.axes(differingFrom: good).subtracting([.date])
        guard !others.isEmpty else { return .settled(nil) }
        // Dates that fail under the hard conditions, seen under the control's other conditions as well.
        let pairs = observations.tallies.keys.sorted().filter {
            observations[$0].isBad && $0.taking(.date, from: bad) == bad
        }
        .map { (hard: $0, easy: good.taking(.date, from: $0)) }
        let farthest = good.taking(.date, from: bad)
        // Beside an edge a build may pass by running across it: only the screening date itself can show a cure.
        if pairs.contains(where: { observations[$0.easy].isGood }) {
            switch state(farthest) {
            case .open: return .need([farthest])
            case .bad: return .settled(nil)
            case .good: break
            }
            switch separate(others, bad: bad, good: farthest, date: bad, interaction: .conjunction) {
            case .need(let conditions): return .need(conditions)
            case .settled(let answer): return .settled(answer)
            }
        }
        if pairs.contains(where: { observations[$0.easy].isBad }) { return .settled(nil) }
        return .need([farthest])
    }

    /// As long as few builds failed under the hard conditions, one that looks for the date edge and passes settles the
    /// other axes as well as a build made for that.
    private func mayLookForDates(_ onlyOthers: Conditions) -> Bool {
        guard observations[onlyOthers].failed.isEmpty, !suspectsOthers else { return false }
        let failed = observations.tallies.filter { $0.value.isBad && bad.taking(.date, from: $0.key) == $0.key }.count
        return suspectsDate || failed <= 3
    }

    /// The date alone does no harm: either the others do, or all together.
    private func passingAtBadDate(
        _ onlyDate: Conditions, _ onlyOthers: Conditions, _ others: Set<Axis>
    ) -> Progress<Answer, Conditions> {
        switch state(onlyOthers) {
        case .open: return .need([onlyOthers])
        case .bad: return separate(others, bad: bad, good: onlyDate, date: nil, interaction: nil)
        case .good: return separate(others, bad: bad, good: onlyDate, date: bad, interaction: .conjunction)
        }
    }

    /// Changes one of the other axes at a time until one change alone cures.
    private func separate(
        _ axes: Set<Axis>, bad: Conditions, good: Conditions, date: Conditions?, interaction: Finding.Interaction?
    ) -> Progress<Answer, Conditions> {
        var answer = Answer(dateTemplate: date, otherBad: bad, otherGood: good, interaction: interaction)
        let ordered = Axis.allCases.filter(axes.contains)
        guard ordered.count > 1 else {
            answer.others = ordered
            return .settled(answer)
        }
        for axis in ordered {
            let changed = bad.taking(axis, from: good)
            switch state(changed) {
            case .open: return .need([changed])
            case .bad: continue
            case .good:
                answer.others = [axis]
                answer.otherGood = changed
                return .settled(answer)
            }
        }
        answer.others = ordered
        answer.interaction = interaction ?? .conjunction
        return .settled(answer)
    }

    private func state(_ conditions: Conditions) -> State {
        let tally = observations[conditions]
        if tally.isGood { return .good }
        guard tally.isBad else { return .open }
        let chance = observations.chanceOfFlakes(tally.failed)
        return chance < Tuning.stepDoubt ? .bad : .open
    }

    private var suspectsOthers: Bool {
        !observations.telling.isDisjoint(with: [.illegalInstruction, .nativeTuning])
    }

    /// The log speaks of dates: builds that look for the edge will settle the other axes on the way.
    private var suspectsDate: Bool {
        !suspectsOthers && !observations.telling.subtracting([.illegalInstruction, .nativeTuning]).isEmpty
    }
}
