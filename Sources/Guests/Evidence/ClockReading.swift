// SPDX-License-Identifier: GPL-3.0-or-later

package import TimeTravel

/// The guest's clock and the host's, read together.
package struct ClockReading: Hashable, Sendable {
    /// Since 1970, by the guest's clock.
    package let guest: Duration
    /// On the host's steady clock: the middle of asking and being answered.
    package let host: SuspendingClock.Instant
    /// How far `host` may be from the moment at which the guest looked.
    package let uncertainty: Duration

    package init(guest: Duration, asked: SuspendingClock.Instant, answered: SuspendingClock.Instant) {
        self.guest = guest
        let half = asked.duration(to: answered) / 2
        host = asked.advanced(by: half)
        uncertainty = half
    }

    package var instant: Instant { Instant(seconds: guest.components.seconds) }

    /// By how much the guest's clock gained on the host's since `earlier`.
    package func drift(since earlier: ClockReading) -> Duration {
        (guest - earlier.guest) - earlier.host.duration(to: host)
    }
}

/// How far a guest's clock may be off before what it built is not believed.
///
/// Emulated guests with a good clock source were measured at 0.99972 of the host's rate, those with a bad one at 3.8
/// to 7.9: half a percent lies well between.
package enum ClockTolerance {
    package static let fixed = Duration.milliseconds(1500)
    /// For the date itself: that the guest is ready may be heard late on a busy host. What was the date is recorded.
    package static let date = Duration.seconds(10)
    package static let perSecond = 0.005

    package static func allowed(elapsed: Duration, uncertainty: Duration) -> Duration {
        fixed + uncertainty + elapsed * perSecond
    }
}
