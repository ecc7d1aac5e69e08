using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Tests.Control;

public sealed class MessageBookTests
{
    private static PlayedMessage Message(int n) => new() { Account = "a", Kind = "k", ExternalId = $"{n}", Direction = "inbound", Origin = "received", From = "f", To = "t", Text = "", Status = "received" };

    [Fact]
    public void Beyond_its_capacity_the_oldest_is_forgotten()
    {
        var book = new MessageBook(TimeProvider.System);
        for (var i = 0; i < MessageBook.Capacity + 10; i++)
            book.Add(Message(i));
        var held = book.List(_ => true);
        held.Count.ShouldBe(MessageBook.Capacity);
        held[^1].ExternalId.ShouldBe("10");
        book.Find("a", "9").ShouldBeNull();
        book.Change(1, m => m).ShouldBeNull();
    }

    [Fact]
    public void Files_are_held_up_to_their_capacity()
    {
        var store = new MediaStore();
        var first = store.Add(new byte[1024], "image/png");
        for (var i = 0; i < 64; i++)
            store.Add(new byte[1024 * 1024], "image/png");
        store.Find(first).ShouldBeNull();
    }
}
