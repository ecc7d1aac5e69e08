using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Items;

public sealed class IncompleteTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static int _number = 730000;
    private readonly string _from = $"+5025{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        // one hour a week: what waits for working hours waits for months
        await database.ExecuteAsync("""update team set calendar = '{"time_zone":"UTC","days":{"mon":[["09:00","10:00"]]},"holidays":[]}' where id = 1""");
    }

    public async Task DisposeAsync() => await _pipeline.DisposeAsync();

    [Theory]
    [InlineData("low")]
    [InlineData("normal")]
    public async Task What_seems_incomplete_is_due_to_be_seen_within_a_day_whatever_the_teams_hours(string urgency)
    {
        var id = (await _pipeline.SayAsync(_from, $"[incomplete|other|{urgency}|0|es] eh")).MessageId;
        (await database.ScalarAsync<bool>("select c.due_at = i.spoken_at + interval '24 hours' and i.next_due_at = c.due_at and c.met_at is null from clock c join item i on i.id = c.item_id where c.item_id = $1 and c.step = 'seen'", id)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_sooner_clock_stays_and_other_types_keep_their_own()
    {
        var high = (await _pipeline.SayAsync(_from, "[incomplete|other|high|0|es] eh")).MessageId;
        (await database.ScalarAsync<bool>("select due_at < (select spoken_at from item where id = $1) + interval '24 hours' from clock where item_id = $1 and step = 'seen'", high)).ShouldBeTrue();
        var low = (await _pipeline.SayAsync($"{_from}9", "[praise|water|low|0|es] gracias")).MessageId;
        (await database.ScalarAsync<long>("select count(*) from clock where item_id = $1", low)).ShouldBe(0);
    }

    [Fact]
    public async Task It_is_met_when_an_officer_looks()
    {
        await using var office = new Office(database);
        var officer = await office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer]);
        var id = (await _pipeline.SayAsync(_from, "[incomplete|other|low|0|es] eh")).MessageId;
        await office.AskAsync(officer, new SeeItem(id, Guid.CreateVersion7()));
        (await database.ScalarAsync<bool>("select met_at is not null from clock where item_id = $1 and step = 'seen'", id)).ShouldBeTrue();
    }
}
