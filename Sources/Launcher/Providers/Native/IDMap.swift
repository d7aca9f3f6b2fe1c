/// Which ids of the host the ids of a pod are, where a user who is not root runs it (user_namespaces(7)).
///
/// The user's own id is the workspace user's, so that the project's files keep their owner; all others, root's too, are ids that
/// /etc/subuid or /etc/subgid gives to that user, and that own nothing else.
struct IDMap: Equatable, Sendable {
    struct Extent: Equatable, Sendable {
        var inside: UInt32
        var outside: UInt32
        var count: UInt32
    }

    private(set) var extents: [Extent] = []

    /// The workspace user's uid and gid in such a pod, as in the images.
    static let workspaceID: UInt32 = 1000
    private static let size: UInt32 = 65_536
    /// How many ids it takes beside the user's own.
    static let needed: UInt64 = 65_535

    /// - Returns: nil when there are too few.
    init?(own: UInt32, subordinate: [SubordinateIDs]) {
        var left = subordinate
        guard fill(0..<IDMap.workspaceID, from: &left) else { return nil }
        extents.append(Extent(inside: IDMap.workspaceID, outside: own, count: 1))
        guard fill((IDMap.workspaceID + 1)..<IDMap.size, from: &left) else { return nil }
    }

    private mutating func fill(_ range: Range<UInt32>, from left: inout [SubordinateIDs]) -> Bool {
        var inside = range.lowerBound
        while inside < range.upperBound {
            guard let first = left.first else { return false }
            let count = min(first.count, range.upperBound - inside)
            if count > 0 { extents.append(Extent(inside: inside, outside: first.first, count: count)) }
            inside += count
            left[0] = SubordinateIDs(first: first.first + count, count: first.count - count)
            if left[0].count == 0 { left.removeFirst() }
        }
        return true
    }

    /// As newuidmap(1) takes them.
    var words: [String] {
        extents.flatMap { [String($0.inside), String($0.outside), String($0.count)] }
    }
}

/// A range of ids that the system gives to a user (subuid(5)).
struct SubordinateIDs: Equatable, Sendable {
    var first: UInt32
    var count: UInt32

    /// The ranges of a user, who is in the file by name or by number. What goes past the last id there is does not count.
    static func parse(_ text: String, user: String, uid: UInt32) -> [SubordinateIDs] {
        text.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            guard fields.count == 3, fields[0] == user || fields[0] == String(uid), let first = UInt32(fields[1]),
                let count = UInt32(fields[2]), !first.addingReportingOverflow(count).overflow
            else { return nil }
            return SubordinateIDs(first: first, count: count)
        }
    }
}
