import Contract
import Linux
import Testing

@testable import Secrets

/// What came of asking for `path`.
private func failure(
    _ server: HostileServer, _ path: String, of name: String = "http", _ change: (inout HTTPOptions) -> Void = { _ in }
) throws -> Failure? {
    var options = server.options
    change(&options)
    let client = try HTTPClient(options)
    do throws(Failure) {
        _ = try client.send(HTTPRequest(url: server.url(path, of: name))).json()
        return nil
    } catch {
        return error
    }
}

/// A server and a client in a process of their own, whose libraries have allocated nothing yet.
struct HTTPClientTests {
    @Test("A server that says no, or talks nonsense, is a sentence with its name, and nothing of what it sent")
    func nonsense() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            let cases: [(path: String, code: ExitCode, part: String)] = [
                ("401", .proof, "does not take the login"), ("403", .proof, "does not allow /403"),
                ("404", .project, "nothing at /404"),
                ("429?Retry_After=100", .provider, "try again in 100 s"), ("500", .provider, "an error of its own (500)"),
                ("400", .provider, "does not accept the request"), ("html", .provider, "a web page instead of JSON"),
                ("half-json", .provider, "ends in the middle of its JSON"), ("large", .provider, "larger than 1 MiB"),
                ("redirect", .project, "redirects to https://other.example,"), ("reset", .provider, "ended the connection"),
                ("half-reset", .provider, "ended the connection"), ("cut", .provider, "ended the connection"),
                ("nonsense", .provider, "does not speak HTTP"), ("hang", .timeout, "hangs: nothing came from it for 2 s"),
            ]
            var options = server.options
            options.requestsInFlight = 2 * cases.count
            options.connections = 2 * cases.count
            let client = try HTTPClient(options)
            let requests = ["http", "right"].flatMap { name in cases.map { HTTPRequest(url: server.url($0.path, of: name)) } }
            client.send(requests: requests) { index, result in
                let (path, code, part) = cases[index % cases.count]
                do throws(Failure) {
                    _ = try result.get().json()
                    Issue.record("\(path) is an answer")
                } catch {
                    #expect(error.code == code && error.sentence.contains(part), "\(path): \(error.sentence)")
                    #expect(
                        error.sentence.contains(index < cases.count ? "127.0.0.1" : "localhost"), "\(path): \(error.sentence)")
                    #expect(!error.sentence.contains("s3cret"), "\(path): \(error.sentence)")
                }
            }
        }
    }

    @Test("An answer that comes too slowly is given up")
    func trickle() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            let failure = try failure(server, "trickle") {
                $0.stallTimeout = 60_000
                $0.requestTimeout = 1_000
            }
            #expect(failure?.code == .timeout && failure?.sentence.contains("was not complete after 1 s") == true)
        }
    }

    @Test("A certificate that is not the server's is refused, with what is wrong with it")
    func certificates() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            #expect(try failure(server, "ok", of: "right") == nil)
            let cases = [
                ("wrong_name", "a certificate for another name"), ("expired", "has expired, as the clock here says 20"),
                ("not_yet", "is not valid yet, as the clock here says 20"), ("self_signed", "give its authority's certificate"),
            ]
            for (name, part) in cases {
                let failure = try #require(try failure(server, "ok", of: name))
                #expect(failure.code == .refused && failure.sentence.contains(part), "\(failure.sentence)")
            }
            let unknown = try failure(server, "ok", of: "right") { $0.caFile = nil }
            #expect(unknown?.sentence.contains("from an authority that this system does not know") == true)
        }
    }

    @Test("A server that is not there is a sentence")
    func absent() async {
        await #expect(processExitsWith: .success) {
            let client = try HTTPClient()
            let cases: [(url: String, code: ExitCode, part: String)] = [
                ("http://127.0.0.1:1/", .provider, "127.0.0.1 refuses connections"),
                ("https://no-such-host.invalid/", .provider, "cannot find the address of no-such-host.invalid"),
                ("http://example.com/", .refused, "not encrypted"),
            ]
            for (url, code, part) in cases {
                #expect { try client.send(HTTPRequest(url: url)) } throws: {
                    ($0 as? Failure).map { $0.code == code && $0.sentence.contains(part) } == true
                }
            }
        }
    }

    @Test("What passes is tried again, and what would not change is not")
    func retries() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            let client = try HTTPClient(server.options)
            for (path, times) in [
                ("flaky/a?status=503&times=2", 3), ("flaky/b?status=429&Retry_After=0&times=2", 3),
                ("flaky/c?status=reset&times=1", 2),
            ] {
                let number = try client.send(HTTPRequest(url: server.url(path))).json().root["number"]?.integer
                #expect(number == Int64(times), "\(path)")
            }
            let began = monotonicMilliseconds()
            _ = try client.send(HTTPRequest(url: server.url("flaky/d?status=503&Retry_After=1&times=1")))
            #expect(monotonicMilliseconds() - began >= 1_000)
            #expect(throws: Failure.self) { try client.send(HTTPRequest(url: server.url("flaky/e?status=404&times=1"))) }
            #expect(throws: Failure.self) { try client.send(HTTPRequest(url: server.url("flaky/f?status=503&times=3"))) }
            #expect(throws: Failure.self) {
                try client.send(HTTPRequest(method: .post, url: server.url("flaky/g?status=reset&times=1")))
            }
            let requests = try client.send(HTTPRequest(url: server.url("counts"))).json().root["requests"]
            #expect(requests?["/flaky/e"]?.integer == 1 && requests?["/flaky/f"]?.integer == 3)
            #expect(requests?["/flaky/g"]?.integer == 1)
        }
    }

    @Test("Many requests share connections, no more at a time than are allowed, and each has its own answer")
    func many() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            let client = try HTTPClient(server.options)
            let requests = (0..<100).map { number in
                HTTPRequest(url: server.url(number == 50 ? "404" : "delay/\(number)?seconds=0.02", of: "right"))
            }
            var answered: Set<Int> = []
            var failed: [Int] = []
            client.send(requests: requests) { index, result in
                #expect(answered.insert(index).inserted)
                if case .failure = result { failed.append(index) }
            }
            #expect(answered.count == 100 && failed == [50])
            let counts = try client.send(HTTPRequest(url: server.url("counts", of: "right"))).json().root
            let connections = try #require(counts["connections"]?.integer)
            let inFlight = try #require(counts["in_flight"]?.integer)
            #expect(
                (2...16).contains(connections) && (2...16).contains(inFlight), "\(connections) connections, \(inFlight) in flight"
            )
        }
    }

    @Test("A token and a body arrive as they are; no other header says anything about us")
    func sent() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            let client = try HTTPClient(server.options)
            let token = [UInt8]("tok-1".utf8)
            let secret = try token.withUnsafeBytes { SharedSecret(try SecretBuffer.make(copying: $0)) }
            let body = SharedSecret(try JSONInput.object([("secret", .secret(secret))]).encoded())
            let request = HTTPRequest(
                method: .post, url: server.url("echo", of: "right"), headers: [.bearer(secret), .json], body: .secret(body))
            let answer = try client.send(request).json().root
            #expect(answer["method"]?.text == "POST" && answer["body"]?.text == #"{"secret":"tok-1"}"#)
            let headers = try #require(answer["headers"]?.members)
            #expect(
                Set(headers.map { $0.name.lowercased() })
                    == ["host", "user-agent", "accept", "authorization", "content-type", "content-length"])
            #expect(answer["headers"]?["Authorization"]?.text == "Bearer tok-1")
            #expect(answer["headers"]?["User-Agent"]?.text == "tazpod/\(tazpodVersion)")
            let list = try client.send(HTTPRequest(method: .list, url: server.url("echo"))).json().root
            #expect(list["method"]?.text == "LIST" && list["body"]?.text == "")
        }
    }

    @Test("A token with a line break in it, or none at all, is not sent", arguments: ["tok\r\nX: y", "", "tok\0en"])
    func token(text: String) async {
        let bytes = [UInt8](text.utf8)
        let secret = try? bytes.withUnsafeBytes { SharedSecret(try SecretBuffer.make(copying: $0)) }
        guard let secret else { return }
        let request = HTTPRequest(url: "http://127.0.0.1:1/", headers: [.bearer(secret)])
        #expect { _ = try Transfer(request, options: HTTPOptions(), authorities: nil) } throws: {
            ($0 as? Failure)?.code == .proof
        }
    }

    @Test("A status that is accepted is an answer")
    func accepted() async {
        await #expect(processExitsWith: .success) {
            let server = try HostileServer()
            let client = try HTTPClient(server.options)
            let answer = try client.send(HTTPRequest(url: server.url("404"), accepted: [404]))
            #expect(answer.status == 404)
        }
    }

    @Test("A file without certificates is no authority")
    func noAuthority() {
        #expect { _ = try Authorities(extra: "/etc/passwd") } throws: { ($0 as? Failure)?.code == .project }
        #expect { _ = try Authorities(extra: "/no/such") } throws: { ($0 as? Failure)?.code == .project }
    }
}
