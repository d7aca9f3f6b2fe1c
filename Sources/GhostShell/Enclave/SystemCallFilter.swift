import CLinux
import CSeccomp
import Contract
import Linux

/// A seccomp filter (seccomp(2)) as a plain list, by the names of system calls. Calls of another architecture than ours (i386 and
/// x32 on x86-64) are refused altogether.
struct SystemCallFilter: Equatable {
    enum Answer: Equatable {
        case allowed
        /// EPERM, as for want of a privilege.
        case refused
        /// ENOSYS, as of a kernel that is older: the C library then falls back to an older call.
        case unavailable
    }

    /// A condition on one argument. The kernel reads only the low 32 bits of an ioctl's number, clone's flags and a socket's
    /// family, so whatever the high ones hold must not make a difference.
    enum Comparison: Equatable {
        /// The bits of `mask` are those of `value`.
        case bits(argument: UInt32, mask: UInt32, value: UInt32)
        /// More than `value`, in all 64 bits.
        case above(argument: UInt32, value: UInt64)
    }

    struct Rule: Equatable {
        var call: String
        var answer: Answer
        /// Without one the rule is for every such call.
        var comparison: Comparison?
    }

    var rules: [Rule]
    /// The answer to what no rule is for.
    var otherwise: Answer

    /// Puts the filter on this process and all that it starts, beside those it has already: the strictest answer counts.
    /// no_new_privs comes with it, and there is no way back.
    func load() throws(Failure) {
        try compiled().load()
    }

    /// The filter as the kernel takes it. That is the work; loading it is little.
    func compiled() throws(Failure) -> FilterProgram {
        try failing(.refused, next: "the kernel must support seccomp") { () throws(SystemError) in
            guard let context = seccomp_init(otherwise.action) else {
                throw SystemError("make a system call filter", errno: ENOMEM)
            }
            defer { seccomp_release(context) }
            try check(seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, Answer.refused.action))
            // A tree of a few steps instead of a row of hundreds.
            try check(seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2))
            // The library takes no rule that says what holds anyway.
            for rule in rules where rule.answer != otherwise { try add(rule, to: context) }
            let stage = "make a system call filter"
            let file = Descriptor(owning: try retrying(stage) { memfd_create("filter", UInt32(MFD_CLOEXEC)) })
            try check(seccomp_export_bpf(context, file.raw))
            return FilterProgram(code: try file.read(FilterProgram.longest, at: 0, stage: stage))
        }
    }

    private func add(_ rule: Rule, to context: scmp_filter_ctx) throws(SystemError) {
        let number = seccomp_syscall_resolve_name(rule.call)
        // This architecture has no such call, or this library does not know it yet: then `otherwise` is the answer.
        if number < 0 { return }
        let comparisons = rule.comparison.map { [$0.argument] } ?? []
        try check(seccomp_rule_add_array(context, rule.answer.action, number, UInt32(comparisons.count), comparisons))
    }

    private func check(_ result: Int32) throws(SystemError) {
        if result < 0 { throw SystemError("set up a system call filter", errno: -result) }
    }
}

extension SystemCallFilter.Answer {
    /// The macros of seccomp_init(3).
    fileprivate var action: UInt32 {
        switch self {
        case .allowed: 0x7fff_0000
        case .refused: 0x0005_0000 | UInt32(EPERM)
        case .unavailable: 0x0005_0000 | UInt32(ENOSYS)
        }
    }
}

extension SystemCallFilter.Comparison {
    fileprivate var argument: scmp_arg_cmp {
        switch self {
        case .bits(let argument, let mask, let value):
            scmp_arg_cmp(arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: UInt64(mask), datum_b: UInt64(value))
        case .above(let argument, let value): scmp_arg_cmp(arg: argument, op: SCMP_CMP_GT, datum_a: value, datum_b: 0)
        }
    }
}
