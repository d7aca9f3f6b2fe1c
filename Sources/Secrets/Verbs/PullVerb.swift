import CLinux
import Contract
import Linux
import SecretsPlan

/// `tazpod pull`: fetches what the plan asks for, and puts it into the vault, all at once.
struct PullVerb {
    let options: SecretsOptions
    let plan: PullPlan
    let vault: VaultFolder

    func run() throws(Failure) -> ExitCode {
        guard let every = options.every else { return try pull() }
        while true {
            // What fails now may work the next time; it was told.
            _ = try pull()
            sleep(UInt32(clamping: pause(every)))
        }
    }

    private func pause(_ every: Int64) -> Int64 {
        let renewals = Set(plan.items.map { $0.source }).compactMap { name in
            ((try? SourceTable.source(name, context(name))) as? any RenewingSource)?.untilRenewal()
        }
        return PullVerb.pause(every, untilRenewals: renewals)
    }

    /// As long as no login wants to be renewed. One whose time has come could not be, just now, and is not tried again at once.
    static func pause(_ every: Int64, untilRenewals: [Int64]) -> Int64 {
        min(every, untilRenewals.map { $0 == 0 ? 30 : $0 }.min() ?? every)
    }

    private func pull() throws(Failure) -> ExitCode {
        let staging = try Staging(vault)
        var set = try PulledSet.load(from: vault)
        let items = try wanted()
        set.acceptedCommands = try CommandConsent(accepted: set.acceptedCommands, isGranted: options.acceptsCommands).obtain(
            for: items)
        let now = Int64(time(nil))
        var outcomes: [PullOutcome] = []
        var pulled: [PulledSecret] = []
        let delivery = Delivery { item, value throws(Failure) in
            guard let path = PulledSecret.path(of: item) else { return }
            let isNew = try staging.add(value, to: path)
            outcomes.append(PullOutcome(item: item, state: isNew ? .pulled : .unchanged, age: 0))
            pulled.append(PulledSecret(item: item, pulledAt: now))
        }
        try fetch(items, into: delivery)
        for secret in pulled { set.set(secret) }
        if options.words.isEmpty { try forget(&set) }
        try commit(set, staging)
        for (item, failure) in delivery.failures {
            let age = set[item.name].map { now - $0.pulledAt }
            let isKept = item.source == .env && options.given == nil && age != nil
            outcomes.append(PullOutcome(item: item, state: isKept ? .kept : .failed(failure), age: age))
        }
        let ordered = items.compactMap { item in outcomes.first { $0.item.name == item.name } }
        // What the host gives comes after the rest, so the list of all that is there comes then, too.
        let reportsAll = options.given != nil || options.isWithoutHost
        let others = plan.items.filter { reportsAll && !items.contains($0) }.map { item in
            let age = set[item.name].map { now - $0.pulledAt }
            return PullOutcome(item: item, state: age == nil ? .missing : .kept, age: age)
        }
        try PullReport(outcomes: ordered, others: others, options: options).print()
        return PullOutcome.exitCode(ordered)
    }

    /// The items that were named, or all; without those that the host gives next.
    private func wanted() throws(Failure) -> [PullItem] {
        try named().filter { !(options.hostFollows || options.isWithoutHost) || $0.source != .env }
    }

    private func named() throws(Failure) -> [PullItem] {
        if options.words.isEmpty { return plan.items }
        var items: [PullItem] = []
        for name in options.words {
            guard let item = plan.items.first(where: { $0.name == name }) else {
                throw Failure(.project, "secrets.yml names no secret \(name)")
            }
            items.append(item)
        }
        return items
    }

    private func fetch(_ items: [PullItem], into delivery: Delivery) throws(Failure) {
        for name in SecretSourceName.allCases {
            let own = items.filter { $0.source == name }
            if own.isEmpty { continue }
            do throws(Failure) {
                try SourceTable.source(name, context(name)).fetch(own, into: delivery)
            } catch {
                for item in own { delivery.fail(item, error) }
            }
        }
    }

    private func context(_ name: SecretSourceName) -> SourceContext {
        SourceContext(settings: plan.settings[name] ?? [:], vault: vault, project: PodPaths.workspace, given: options.given)
    }

    /// A secret that secrets.yml no longer names is nobody's variable any more. A file stays: somebody may have made it his own.
    private func forget(_ set: inout PulledSet) throws(Failure) {
        for secret in set.secrets where !plan.items.contains(where: { $0.name == secret.item.name }) {
            set.secrets.removeAll { $0 == secret }
            if let file = secret.item.file, !options.isQuiet {
                Output.complain(
                    "secrets.yml no longer names \(secret.item.name); its file ~/secrets/\(file) stays until you remove it")
            }
        }
        let used = Set(set.secrets.compactMap { $0.item.file == nil ? $0.item.variable : nil })
        for name in vault.names(in: PulledSet.variables) where !used.contains(name) {
            try failing(.vault) { () throws(SystemError) in try vault.remove(PulledSecret.valuePath(ofVariable: name)) }
        }
    }

    private func commit(_ set: PulledSet, _ staging: Staging) throws(Failure) {
        let text = set.encoded
        var index = try SecretBuffer.make(capacity: text.count)
        index.fill { target in
            target.copyBytes(from: text)
            return text.count
        }
        _ = try staging.add(index, to: PulledSet.index)
        try staging.commit()
    }
}
