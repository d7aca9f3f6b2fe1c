/// In which order services start; they stop in the reverse of it.
struct ServiceOrder: Equatable {
    /// Every service that may start, each behind those that it waits for.
    var names: [Name] = []
    /// Those that may not, and why.
    var refused: [Refusal] = []

    struct Refusal: Equatable {
        var name: Name
        var sentence: String
    }

    private enum Mark {
        case onPath, done
    }

    /// A service in a cycle is refused, and so is one that requires a service that is not there; the others are not held up.
    init(_ plans: [ServicePlan]) {
        var byName: [Name: ServicePlan] = [:]
        for plan in plans { byName[plan.name] = plan }
        var marks: [Name: Mark] = [:]
        for plan in plans { visit(plan, byName, &marks, path: []) }
    }

    private mutating func visit(_ plan: ServicePlan, _ plans: [Name: ServicePlan], _ marks: inout [Name: Mark], path: [Name]) {
        if marks[plan.name] == .done { return }
        if marks[plan.name] == .onPath {
            refuseCycle(path, closedBy: plan.name)
            return
        }
        marks[plan.name] = .onPath
        for name in [plan.after, plan.required].joined() {
            if let other = plans[name] { visit(other, plans, &marks, path: path + [plan.name]) }
        }
        marks[plan.name] = .done
        if isRefused(plan.name) { return }
        for name in plan.required where plans[name] == nil {
            refused.append(Refusal(name: plan.name, sentence: "it requires \(name.text), and there is no such service"))
            return
        }
        names.append(plan.name)
    }

    private mutating func refuseCycle(_ path: [Name], closedBy name: Name) {
        let cycle = Array(path.drop { $0 != name })
        var words = ""
        for member in cycle { words += "\(member.text) → " }
        for member in cycle where !isRefused(member) {
            refused.append(Refusal(name: member, sentence: "its dependencies go round in a circle: \(words)\(name.text)"))
        }
    }

    private func isRefused(_ name: Name) -> Bool {
        refused.contains { $0.name == name }
    }
}
