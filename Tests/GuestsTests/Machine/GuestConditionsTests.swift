// SPDX-License-Identifier: GPL-3.0-or-later

import SecureShell
import Testing
import TimeTravel

@testable import Guests

/// What a guest is, compared with what it was asked to be.
extension RealGuests {
    @Suite(.enabled(if: Laboratory.isEquipped, Comment(rawValue: Laboratory.missingEquipment)))
    struct GuestConditionsTests {
        let laboratory = Laboratory.shared

        @Test(arguments: [
            "1970-02-02T12:00:00Z", "2038-01-19T03:14:05Z", "2106-02-07T06:28:12Z", "2232-03-31T00:00:00Z",
        ])
        func `a guest has the date it was asked to have, also across the ends of 32 bits`(_ date: String) async throws {
            let conditions = try await laboratory.conditions(date)
            let evidence = try await laboratory.withGuest(conditions: conditions) { guest in
                _ = try await guest.verify()
                // Across the second at which a 32-bit clock would turn over.
                let shown = try await guest.session().run("date -u +%s; sleep 4; date -u +%s")
                let seconds = shown.outputText.split(separator: "\n").compactMap { Int64($0) }
                #expect(seconds.count == 2)
                #expect(seconds.allSatisfy { (conditions.date.seconds...conditions.date.seconds + 120).contains($0) })
                return try await guest.verifyAgain()
            }
            #expect(evidence.began.seconds - conditions.date.seconds < 30)
            #expect(evidence.began >= conditions.date)
        }

        @Test(arguments: [CPUModel.nehalem, .max])
        func `a guest has the processor it was asked to have`(_ cpu: CPUModel) async throws {
            let conditions = try await laboratory.conditions(cpu: cpu)
            let evidence = try await laboratory.withGuest(conditions: conditions) { try await $0.verify() }
            #expect(evidence.asked.cpu == cpu)
        }

        @Test func `a processor that the accelerator cannot give in full is refused`() async throws {
            guard try await laboratory.guestHost().accelerator == .tcg else { return }
            let conditions = try await laboratory.conditions(cpu: .haswell)
            await #expect {
                try await laboratory.withGuest(conditions: conditions) { _ = try await $0.verify() }
            } throws: { error in
                guard case GuestError.conditions(let mismatches) = error else { return false }
                return mismatches.contains { if case .cpuNotInFull = $0 { true } else { false } }
            }
        }

        @Test func `a clock that is moved while a guest works is noticed`() async throws {
            await #expect {
                try await laboratory.withGuest { guest in
                    _ = try await guest.verify()
                    _ = try await guest.session().run("date -u -s @4102448400")
                    _ = try await guest.verifyAgain()
                }
            } throws: { error in
                guard case GuestError.conditions(let mismatches) = error, case .rate(let gained, _) = mismatches.first
                else { return false }
                return gained > 3000
            }
        }

        @Test func `another kernel can be had, and is the one that runs`() async throws {
            let kernels = try await laboratory.guestHost().kernels
            let offered = try await kernels.offered()
            let release = try #require(offered.last { $0.rawValue.hasPrefix("6.12.") })
            var conditions = try await laboratory.conditions()
            conditions.kernel = release
            let evidence = try await laboratory.withGuest(conditions: conditions) { try await $0.verify() }
            #expect(evidence.kernel == release.rawValue)
            #expect(try await kernels.made().contains(release))
        }
    }
}
