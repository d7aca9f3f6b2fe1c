import CLinux
import Testing

@testable import Linux

struct NewAccountTests {
    private let ann = NewAccount(name: "ann", number: 1000, shell: "/bin/bash")

    @Test("Its lines are read back as the account that was meant")
    func lines() throws {
        let ann = try #require(ann)
        let root = [UInt8]("root:x:0:0:root:/root:/bin/bash\n".utf8)
        let account = Account.parse(
            "ann", passwd: NewAccount.adding(ann.passwdLine, to: root), group: NewAccount.adding(ann.groupLine, to: []))
        #expect(
            account == Account(name: "ann", uid: 1000, gid: 1000, home: "/home/ann", shell: "/bin/bash", groups: [1000]))
    }

    @Test(
        "A line comes before all others, once",
        arguments: [("", "new\n"), ("old\n", "new\nold\n"), ("new\nold", "new\nold")])
    func adding(text: String, result: String) {
        #expect(NewAccount.adding("new\n", to: [UInt8](text.utf8)) == [UInt8](result.utf8))
    }

    @Test("Who else has its number is found by name alone")
    func sharedNumber() throws {
        let ann = try #require(ann)
        let passwd = NewAccount.adding(ann.passwdLine, to: [UInt8]("node:x:1000:1000::/home/node:/bin/sh\n".utf8))
        #expect(Account.parse("1000", passwd: passwd, group: [])?.name == "ann")
        #expect(Account.parse("node", passwd: passwd, group: [])?.home == "/home/node")
    }

    @Test("A name that would be more than a name makes no user", arguments: ["", "a:b", "a\nb", "../a", "a b", "ä"])
    func names(name: String) {
        #expect(NewAccount(name: name, number: 1000, shell: "/bin/sh") == nil)
    }

    @Test("Nobody is made root")
    func root() {
        #expect(NewAccount(name: "ann", number: 0, shell: "/bin/sh") == nil)
    }

    @Test("A user who is there is found, whatever number a new one would have")
    func found() throws {
        #expect(try Account.find("root", orMakeAs: "1000")?.uid == 0)
    }

    @Test("Without a number of its form nobody is made", arguments: [nil, "", "-1", "x", "0"])
    func missing(number: String?) throws {
        #expect(try Account.find("nobody-has-this-name", orMakeAs: number) == nil)
    }
}
