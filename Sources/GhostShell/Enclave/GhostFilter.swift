import Contract

/// What the programs of a ghost may ask of the kernel, made of the two tables: what they need, and what is refused them.
///
/// It is two filters, of which the strictest answer counts: one by the calls' names, the other by arguments. A call that is in
/// neither table is newer than they are; it is answered as a kernel would that has not got it.
struct GhostFilter: Equatable {
    var byName: SystemCallFilter
    var byArgument: SystemCallFilter

    /// - Parameter allowed: Groups that the project allows its ghost nevertheless.
    init(allowing allowed: [RefusedCalls]) {
        let loosened = GhostCalls.refused.filter { allowed.contains($0.group) }
        let refused = GhostCalls.refused.filter { !allowed.contains($0.group) }
        let names = GhostCalls.needed.flatMap { $0.calls } + loosened.flatMap { $0.calls }
        byName = SystemCallFilter(
            rules: names.map { SystemCallFilter.Rule(call: $0, answer: .allowed) }
                + refused.flatMap { $0.calls }.map { SystemCallFilter.Rule(call: $0, answer: .refused) }
                + GhostCalls.unavailable.map { SystemCallFilter.Rule(call: $0, answer: .unavailable) },
            otherwise: .unavailable)
        byArgument = SystemCallFilter(rules: refused.flatMap { $0.byArgument }, otherwise: .allowed)
    }

    /// Both as the kernel takes them, to be loaded in this order.
    func compiled() throws(Failure) -> [FilterProgram] {
        [try byName.compiled(), try byArgument.compiled()]
    }

    /// Puts both on this process, for good.
    func load() throws(Failure) {
        for program in try compiled() { try program.load() }
    }
}
