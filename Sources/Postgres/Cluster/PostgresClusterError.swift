// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a private cluster could not be made, started or stopped.
package enum PostgresClusterError: Error, Equatable {
    /// PostgreSQL's server programs were not found; a version is named when just that one will do.
    case programsMissing(version: Int?)
    /// We are root, PostgreSQL refuses to run as root, and there is no other user to run it.
    case userMissing
    /// The server's user cannot reach the directory nor the refuge.
    case unreachable(directory: String, refuge: String, user: String)
    /// The cluster belongs to someone else.
    case foreignOwner(directory: String, owner: UInt32)
    /// The directory holds something that is no cluster of ours.
    case foreignDirectory(String, entry: String)
    /// The cluster lacks parts.
    case corrupt(directory: String, reason: String)
    /// Another process starts or stops this cluster, for too long.
    case locked(directory: String)
    /// A path cannot be used.
    case path(String, reason: String)
    case initializationFailed(output: String)
    case startFailed(log: String)
    case stopFailed(output: String)
    /// The server runs but cannot be used.
    case unusable(PostgresError)
}

extension PostgresClusterError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .programsMissing(let version):
            "PostgreSQL's server programs\(version.map { " of version \($0)" } ?? "") were not found in "
                + "/usr/lib/postgresql/*/bin nor in PATH. Install postgresql\(version.map { "-\($0)" } ?? "") "
                + "(15 or later), or set DATABASE_URL to a server that runs elsewhere."
        case .userMissing:
            "PostgreSQL does not run as root, and there is neither a user postgres nor nobody. Add a user postgres, or "
                + "run this program as an ordinary user."
        case .unreachable(let directory, let refuge, let user):
            "The user \(user), as whom PostgreSQL runs, can reach neither \(directory) nor \(refuge). Choose a data "
                + "directory whose parents all have mode o+x, for example below /var/lib."
        case .foreignOwner(let directory, let owner):
            "The database cluster in \(directory) belongs to the user with number \(owner). Run this program as that "
                + "user or as root, or choose another data directory."
        case .foreignDirectory(let directory, let entry):
            "\(directory) holds \"\(entry)\" and no database cluster of this program. Choose a directory that is empty "
                + "or does not exist."
        case .corrupt(let directory, let reason):
            "The database cluster in \(directory) is damaged: \(reason). Restore it from a backup, or move it away to "
                + "begin with an empty one."
        case .locked(let directory):
            "Another process has been starting or stopping the database cluster in \(directory) for too long. Wait for "
                + "it to end, or end it."
        case .path(let path, let reason): "\(path): \(reason)"
        case .initializationFailed(let output): "initdb failed:\n\(output)"
        case .startFailed(let log): "PostgreSQL did not start. Its log ends with:\n\(log)"
        case .stopFailed(let output): "PostgreSQL did not stop:\n\(output)"
        case .unusable(let error): "PostgreSQL runs but cannot be used. \(error)"
        }
    }
}
