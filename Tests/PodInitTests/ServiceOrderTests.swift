import Testing

@testable import PodInit

struct ServiceOrderTests {
    private func plan(_ name: String, after: [String] = [], required: [String] = []) throws -> ServicePlan {
        var plan = ServicePlan(name: try self.name(name), command: [[65]])
        plan.after = try after.map { try self.name($0) }
        plan.required = try required.map { try self.name($0) }
        return plan
    }

    private func name(_ text: String) throws -> Name {
        try #require(Name([UInt8](text.utf8)))
    }

    @Test("Each service comes behind those that it waits for")
    func order() throws {
        let order = ServiceOrder([
            try plan("c", after: ["b"]), try plan("a"), try plan("b", after: ["missing"], required: ["a"]), try plan("d"),
        ])
        #expect(order.names.map { $0.text } == ["a", "b", "c", "d"])
        #expect(order.refused.isEmpty)
    }

    @Test("Every member of a circle is refused, with the circle; who only waits for it is not")
    func circle() throws {
        let order = ServiceOrder([
            try plan("x", after: ["one"]), try plan("one", after: ["two"]), try plan("two", required: ["one"]), try plan("y"),
        ])
        #expect(order.names.map { $0.text } == ["x", "y"])
        #expect(order.refused.map { $0.name.text } == ["one", "two"])
        #expect(order.refused.allSatisfy { $0.sentence == "its dependencies go round in a circle: one → two → one" })
    }

    @Test("A service that waits for itself is a circle too")
    func itself() throws {
        let order = ServiceOrder([try plan("a", after: ["a"])])
        #expect(order.names.isEmpty)
        #expect(order.refused.map { $0.sentence } == ["its dependencies go round in a circle: a → a"])
    }

    @Test("A required service must be there")
    func missing() throws {
        let order = ServiceOrder([try plan("a", required: ["b"]), try plan("c")])
        #expect(order.names.map { $0.text } == ["c"])
        #expect(order.refused == [.init(name: try name("a"), sentence: "it requires b, and there is no such service")])
    }

    @Test("A thousand services in a chain are sorted")
    func chain() throws {
        let plans = try (0..<1000).reversed().map { try plan("s\($0)", after: $0 == 0 ? [] : ["s\($0 - 1)"]) }
        #expect(ServiceOrder(plans).names.map { $0.text } == (0..<1000).map { "s\($0)" })
    }
}
