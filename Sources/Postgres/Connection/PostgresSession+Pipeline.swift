// SPDX-License-Identifier: GPL-3.0-or-later

import CPostgres

extension PostgresSession {
    /// Sends all statements at once and then reads all answers; they succeed or fail together.
    func pipeline(
        _ batch: [PostgresStatement], _ interruption: Interruption
    ) throws(PostgresError) -> [PostgresRows] {
        let connection = try requireIdle()
        let buffers = try parameterBuffers(batch)
        guard PQenterPipelineMode(connection) == 1 else { throw lost() }
        defer { if isOpen { PQexitPipelineMode(connection) } }
        let steps = try send(batch, buffers, on: connection)
        guard PQpipelineSync(connection) == 1 else { throw lost() }
        try flush(interruption)
        return try receive(steps, interruption)
    }

    private func parameterBuffers(_ batch: [PostgresStatement]) throws(PostgresError) -> [ParameterBuffer] {
        var buffers: [ParameterBuffer] = []
        buffers.reserveCapacity(batch.count)
        for statement in batch { buffers.append(try ParameterBuffer(statement.parameters)) }
        return buffers
    }

    /// What one answer of the server belongs to.
    private enum Step {
        case prepared(StatementCache.Key, name: String, index: Int)
        case executed(index: Int)

        var index: Int {
            switch self {
            case .prepared(_, _, let index), .executed(let index): index
            }
        }
    }

    private func send(
        _ batch: [PostgresStatement], _ buffers: [ParameterBuffer], on connection: OpaquePointer
    ) throws(PostgresError) -> [Step] {
        var steps: [Step] = []
        var fresh: [StatementCache.Key: String] = [:]
        for (index, statement) in batch.enumerated() {
            let key = statement.cacheKey
            let known = statements.name(of: key) ?? fresh[key]
            let name = known ?? statements.freshName()
            if known == nil {
                guard sendPrepare(statement, name: name, on: connection) else { throw lost() }
                fresh[key] = name
                steps.append(.prepared(key, name: name, index: index))
            }
            guard buffers[index].send({ PQsendQueryPrepared(connection, name, $0, $1, $2, $3, 1) }) else {
                throw lost()
            }
            steps.append(.executed(index: index))
        }
        return steps
    }

    private func receive(_ steps: [Step], _ interruption: Interruption) throws(PostgresError) -> [PostgresRows] {
        var rows: [PostgresRows] = []
        var failure: PostgresError?
        var stale: [String] = []
        for step in steps {
            while let result = try nextResult(interruption) {
                switch (result.status, step) {
                case (PGRES_FATAL_ERROR, _): failure = failure ?? indexed(error(of: result, interruption), step.index)
                case (PGRES_PIPELINE_ABORTED, _): break
                case (_, .executed): rows.append(PostgresRows(result: result))
                case (_, .prepared(let key, let name, _)):
                    if let old = statements.insert(key, name: name) { stale.append(old) }
                }
            }
        }
        try receiveSync(interruption)
        if let failure { throw failure }
        guard rows.count == steps.count(where: { if case .executed = $0 { true } else { false } }) else { throw lost() }
        PQexitPipelineMode(connection)
        for name in stale { _ = try run(script: "DEALLOCATE \(name)", interruption) }
        return rows
    }

    private func receiveSync(_ interruption: Interruption) throws(PostgresError) {
        guard let sync = try nextResult(interruption), sync.status == PGRES_PIPELINE_SYNC else { throw lost() }
    }

    private func indexed(_ error: PostgresError, _ index: Int) -> PostgresError {
        guard case .server(var answer) = error else { return error }
        answer.pipelineIndex = index
        return .server(answer)
    }
}
