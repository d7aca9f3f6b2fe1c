import Contract
import Linux
import Testing

@testable import Secrets

@Suite struct KeptTokenTests {
    private func token(_ lifetime: Int64, isRenewable: Bool = true) throws -> KeptToken {
        KeptToken(secret: try sharedSecret("t"), lifetime: lifetime, isRenewable: isRenewable, now: 1000)
    }

    @Test func aTokenIsRenewedInTheLastThirdOfItsLife() throws {
        let steps = try [1000, 1599, 1600, 1890, 1895, 9000].map { try token(900).step(at: $0) }
        #expect(steps == [.use, .use, .renew, .renew, .replace, .replace])
        #expect(try [1007, 1008, 1009, 1010].map { try token(12).step(at: $0) } == [.use, .renew, .renew, .replace])
    }

    @Test func oneThatCannotBeRenewedIsUsedToItsEnd() throws {
        #expect(try [1800, 1894, 1895].map { try token(900, isRenewable: false).step(at: $0) } == [.use, .use, .replace])
    }

    @Test func aPullIsDueWhenATokenWantsToBeRenewed() throws {
        #expect(try [1000, 1500, 1700, 1896].map { try token(900).untilRenewal(at: $0) } == [600, 100, 0, nil])
        // At the moment that was named it is time, and not a second later.
        #expect(try token(12).step(at: 1000 + #require(token(12).untilRenewal(at: 1000))) == .renew)
        #expect(try token(0).untilRenewal(at: 1000) == nil && token(900, isRenewable: false).untilRenewal(at: 1000) == nil)
    }

    @Test func aWatchingPullWaitsForTheFirstRenewalAndNotForOneThatJustFailed() {
        let pauses = [[], [90], [90, 4], [700], [0], [0, 4]].map { PullVerb.pause(600, untilRenewals: $0) }
        #expect(pauses == [600, 90, 4, 600, 30, 4])
        #expect(PullVerb.pause(10, untilRenewals: [0]) == 10)
    }

    @Test func oneThatNeverEndsIsUsed() throws {
        #expect(try token(0).step(at: .max) == .use && token(-5).step(at: 0) == .use)
    }

    @Test func aLifeBeyondReasonAndAClockThatIsOffAreNoTrap() throws {
        #expect(
            try token(.max).step(at: 1000) == .use && token(.max).step(at: .max) == .replace && token(900).step(at: .min) == .use)
    }

    @Test func aTokenIsReadAsItWasKept() throws {
        let kept = KeptToken(secret: try sharedSecret("a\nb\0c"), lifetime: 900, isRenewable: true, now: 1000)
        let file = try kept.labelled.encoded()
        #expect(text(file) == "1900 900 1\na\nb\0c")
        let read = try #require(try LabelledSecret(parsing: file).flatMap { KeptToken($0) })
        #expect(read.end == 1900 && read.lifetime == 900 && read.isRenewable && text(read.secret.buffer) == "a\nb\0c")
        let endless = try #require(KeptToken(try token(0, isRenewable: false).labelled))
        #expect(endless.end == nil && !endless.isRenewable)
    }

    @Test(arguments: ["", "no line", "1 2 3\n", "\n"]) func whatIsCutShortIsNoKeptSecret(_ file: String) throws {
        #expect(try LabelledSecret(parsing: secretBuffer(file)) == nil)
    }

    @Test(arguments: ["", "1 2", "a b c", "1 2 3 4"]) func aLineOfAnotherFormIsNoToken(_ label: String) throws {
        #expect(KeptToken(LabelledSecret(label: label, secret: try sharedSecret("t"))) == nil)
    }

    @Test func textsAreEscapedAsPartsOfAURL() {
        #expect(URLText.query([("a", "x y&z=/"), ("ü", "~.-_")]) == "a=x%20y%26z%3D%2F&%C3%BC=~.-_")
        #expect(URLText.path("//a/b%2e//") == "a/b%252e" && URLText.path("a/../b") == nil)
    }
}
