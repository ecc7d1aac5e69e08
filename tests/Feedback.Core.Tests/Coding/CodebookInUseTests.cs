using Cea.Feedback.Coding;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Coding;

/// <summary>A deployment's own codebook holds wherever codes are decided, chosen or counted.</summary>
public sealed class CodebookInUseTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    // Water is called rain, in a group and under a way to tell of its own.
    private static readonly string Own = Codebook.Default.Tsv.Replace("topic\twater\t", "topic\train\t", StringComparison.Ordinal).Replace("loop_method\tmeeting\t", "loop_method\tdrum\t", StringComparison.Ordinal);

    private readonly Office _office = new(database);
    private Pipeline _pipeline = null!;
    private Officer _admin = null!, _officer = null!, _screener = null!;
    private Guid _item;

    public async Task InitializeAsync()
    {
        var run = Guid.CreateVersion7().ToString("N")[16..];
        await database.ExecuteAsync("delete from codebook");
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        _admin = await _office.HireAsync($"admin-{run}", [Roles.Administrator]);
        _officer = await _office.HireAsync($"officer-{run}", [Roles.Officer]);
        _screener = await _office.HireAsync($"screener-{run}", [Roles.Circle]);
        _item = (await _pipeline.SayAsync($"+50{run.GetHashCode(StringComparison.Ordinal) & 0x7fffffff}", "[suggestion|opening_hours|normal|0|es] abran mas temprano")).MessageId;
        await _office.AskAsync(_admin, new SaveCodebook(Own, Guid.CreateVersion7()));
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task An_item_is_coded_by_it()
    {
        await _office.AskAsync(_officer, new CorrectCodes(_item, "request", ["rain"], "normal", null, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select topics[1] from item where id = $1", _item)).ShouldBe("rain");
        (await _office.RefusalAsync(_officer, new CorrectCodes(_item, "request", ["water"], "normal", null, Guid.CreateVersion7()))).ShouldBe("unknown_code");
        await _office.AskAsync(_screener, new DecideSensitivity(_item, 0, "request", ["rain"], "high", [], null, Guid.CreateVersion7()));
        (await _office.RefusalAsync(_screener, new DecideSensitivity(_item, 0, "request", ["water"], "high", [], null, Guid.CreateVersion7()))).ShouldBe("unknown_code");
    }

    [Fact]
    public async Task A_group_of_it_finds_its_topics_in_the_list()
    {
        await _office.AskAsync(_officer, new CorrectCodes(_item, "request", ["rain"], "normal", null, Guid.CreateVersion7()));
        (await _office.AskAsync(_officer, new ItemList(new ItemFilter { Topic = "basic_needs" }))).Rows.Select(r => r.Id).ShouldContain(_item);
        await _office.AskAsync(_admin, new UseCodebook(Codebook.Default.Version, Guid.CreateVersion7()));
        (await _office.AskAsync(_officer, new ItemList(new ItemFilter { Topic = "basic_needs" }))).Rows.Select(r => r.Id).ShouldNotContain(_item);
    }

    [Fact]
    public async Task A_loop_is_closed_by_its_methods()
    {
        await _office.AskAsync(_officer, new ResolveItem(_item, new("done"), Guid.CreateVersion7()));
        (await _office.RefusalAsync(_officer, new CloseItem(_item, "meeting", null, Guid.CreateVersion7()))).ShouldBe("unknown_code");
        await _office.AskAsync(_officer, new CloseItem(_item, "drum", null, Guid.CreateVersion7()));
        (await database.ScalarAsync<string>("select loop_method from item where id = $1", _item)).ShouldBe("drum");
    }

    [Fact]
    public async Task Going_back_to_the_shipped_one_holds_at_once()
    {
        await _office.AskAsync(_admin, new UseCodebook(Codebook.Default.Version, Guid.CreateVersion7()));
        await _office.AskAsync(_officer, new CorrectCodes(_item, "request", ["water"], "normal", null, Guid.CreateVersion7()));
        (await _office.RefusalAsync(_officer, new CorrectCodes(_item, "request", ["rain"], "normal", null, Guid.CreateVersion7()))).ShouldBe("unknown_code");
    }
}
