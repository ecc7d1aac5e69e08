using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Feedback.Replies;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

/// <summary>A short word is an answer to what we asked last, or a command, or feedback: nothing that somebody says is lost between the three.</summary>
public sealed class KeywordAnswerTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Line = "desk", Water = "[complaint|water|normal|0|es] no hay agua";
    private static readonly PaperChannel Desk = new("desk-paper", new() { AddressSpace = "tel", MaxLength = 1000 }, []);
    private static int _number = 210000;
    private readonly string _from = $"+5028{Interlocked.Increment(ref _number)}";
    private readonly ManualClock _clock = new(TimeProvider.System.GetUtcNow());
    private Office _office = null!;
    private Pipeline _pipeline = null!;
    private int _messages;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database, _clock);
        _office = new Office(database, _clock, new Dictionary<string, string?> { ["Channels:desk:Kind"] = "desk-paper" }, Desk);
        await _pipeline.SetUpAsync();
        await _office.Get<AccountDirectory>().RefreshAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Theory]
    [InlineData("INFO"), InlineData("STOP"), InlineData("START")]
    public async Task A_bare_number_after_a_word_other_than_the_menus_is_feedback(string word)
    {
        await SayAsync(word);
        (await KindAsync(await SayAsync("12"))).ShouldBe("message true");
        (await StatedAsync()).ShouldBe("");
    }

    [Fact]
    public async Task A_bare_number_chooses_the_language_once_and_only_from_the_menu_that_was_the_last_we_said_there()
    {
        await SayAsync("LANGUAGE");
        (await KindAsync(await SayAsync("2"))).ShouldBe("word false");
        (await StatedAsync()).ShouldBe("en");
        (await KindAsync(await SayAsync("1"))).ShouldBe("message true", "the menu is answered");

        await SayAsync("LANGUAGE");
        await SayAsync("INFO");
        (await KindAsync(await SayAsync("1"))).ShouldBe("message true", "something else was said since");

        await SayAsync("LANGUAGE");
        (await KindAsync(await SayAsync("1", account: "line"))).ShouldBe("message true", "it was asked elsewhere");

        await SayAsync("LANGUAGE");
        await database.ExecuteAsync("update outbox set state = 'failed' where menu and person_id = $1", await PersonAsync());
        (await KindAsync(await SayAsync("1"))).ShouldBe("message true", "he never got it");
        (await StatedAsync()).ShouldBe("en");
    }

    // A minute later than what came before.
    private async Task<Guid> SayAsync(string text, bool photo = false, string? answered = null, string account = Line)
    {
        _clock.Advance(TimeSpan.FromMinutes(1));
        var receipt = (await _pipeline.Inbox.StoreAsync(account, [new MessageReceived
        {
            ExternalId = $"{_from} {_messages++}", From = new ContactAddress("tel", _from), Text = new PersonalText(text), AnsweredByProvider = answered,
            Media = photo ? [new ReceivedMedia("https://api.twilio.com/ME1", "image/jpeg", null, null)] : [],
        }], default, CancellationToken.None))[0];
        await _pipeline.TriageAllAsync();
        return receipt.MessageId;
    }

    private Task<string> KindAsync(Guid message) => database.ScalarAsync<string>("select kind || ' ' || (item_id is not null) from message where id = $1", message);

    private Task<Guid> PersonAsync() => database.ScalarAsync<Guid>("select person_id from address where hash = $1", TestDatabase.Keys.Hash("tel", _from));

    private async Task<string> StatedAsync() => await database.ScalarAsync<string>("select coalesce(stated_lang, '') from person where id = $1", await PersonAsync());
}
