import Testing

@testable import PodInit

struct ServiceTableTests {
    private func service(_ text: String, _ identifier: UInt32) throws -> Service {
        let name = try #require(Name([UInt8](text.utf8)))
        return Service(identifier: identifier, plan: ServicePlan(name: name, command: []))
    }

    @Test("Services count as unready until they are ready or done, and only while they are in the table")
    func unready() throws {
        var table = ServiceTable()
        let (web, job) = (try service("web", 1), try service("job", 2))
        table.add(web)
        table.add(job)
        #expect(table.unready == 2)
        web.state = .ready
        job.state = .done
        #expect(table.unready == 0)
        web.state = .ready
        #expect(table.unready == 0)
        job.state = .stopping
        #expect(table.unready == 1)
        table.remove(web)
        web.state = .failed
        #expect(table.unready == 1)
        table.remove(job)
        #expect(table.unready == 0)
    }

    @Test("A service that was ready before it came into the table counts as ready")
    func readyBefore() throws {
        var table = ServiceTable()
        let web = try service("web", 1)
        web.state = .ready
        table.add(web)
        #expect(table.unready == 0)
    }

    @Test("Services are sorted as they are named, and those that are not named come last")
    func sort() throws {
        var table = ServiceTable()
        let services = try ["a", "b", "c", "d"].enumerated().map { try service($1, UInt32($0)) }
        for service in services { table.add(service) }
        let other = try service("other", 9)
        table.sort([services[2].name, other.name, services[0].name])
        #expect(table.inOrder.map { $0.name.text } == ["c", "a", "b", "d"])
    }
}
