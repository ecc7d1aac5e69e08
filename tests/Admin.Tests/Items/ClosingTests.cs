using System.Net;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Admin.Tests.Items;

/// <summary>The item page knows what was on it when its forms were sent.</summary>
public sealed class ClosingTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string From = "+50289600001", Hours = "[suggestion|opening_hours|normal|0|en] please open earlier";
    private static readonly PaperChannel Line = new("twilio-sms", new() { AddressSpace = "tel", MaxLength = 1600 }, []);
    private readonly Site _site = new(database);
    private readonly string _run = Guid.CreateVersion7().ToString("N")[20..];

    public Task InitializeAsync() => _site.StartAsync(Line);

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Fact]
    public async Task Who_closes_an_item_on_which_something_new_was_said_is_told_and_reads_it_first()
    {
        await using var pipeline = new Pipeline(database, null, Line);
        await pipeline.SetUpAsync();
        await _site.KnowLinesAsync();
        await _site.HireAsync($"ana-{_run}", [Roles.Officer]);
        using var ana = await _site.SignInAsync($"ana-{_run}");
        var item = (await pipeline.SayAsync(From, Hours)).MessageId;

        await ana.GoAsync($"/items/{item}");
        await pipeline.SayAsync(From, "[complaint|water|normal|0|en] and there is no water");
        await ana.SubmitAsync("#resolve-form", ("text", "open from seven"));
        (ana.Status, ana.Text.Contains("written again", StringComparison.Ordinal)).ShouldBe((HttpStatusCode.Conflict, true));
        ana.Page.QuerySelector("#typed")!.TextContent.ShouldBe("open from seven", "what he wrote is not lost");
        ana.Page.QuerySelector("main a")!.GetAttribute("href").ShouldBe($"/items/{item}");
        await ana.GoAsync($"/items/{item}");
        ana.Text.ShouldContain("there is no water");
        await ana.SubmitAsync("#resolve-form", ("text", "open from seven"));
        ana.Status.ShouldBe(HttpStatusCode.OK);

        await pipeline.SayAsync(From, "[praise|opening_hours|low|0|en] thank you");
        await ana.SubmitAsync("#reply-form", ("text", "We open at seven."), ("closes", "1"));
        ana.Status.ShouldBe(HttpStatusCode.Conflict);
        await ana.GoAsync($"/items/{item}");
        await ana.SubmitAsync("#reply-form", ("text", "We open at seven."), ("closes", "1"));
        ana.Status.ShouldBe(HttpStatusCode.OK);
        (await database.ScalarAsync<long>("select count(*) from outbox where item_id = $1 and purpose = 'reply'", item)).ShouldBe(1);
        (await database.ScalarAsync<bool>("select closing_outbox_id is not null from item where id = $1", item)).ShouldBeTrue();
    }
}
