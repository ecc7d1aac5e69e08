using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Feedback.Storage;
using Cea.Feedback.Trends;
using Cea.Feedback.UseCases;
using Cea.Testing;
using MediatR;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Feedback.Core.Tests.Trends;

public sealed class TrendTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateOnly Monday = new(2026, 11, 2);
    private static readonly Period FourWeeks = new(Monday, Monday.AddDays(27));
    private static readonly string[] Langs = ["es", "ar", "ht"], Topics = ["opening_hours", "water", "food"], Types = ["complaint", "request", "incomplete"], Channels = ["telegram", "web"];
    private ServiceProvider _services = null!;
    private int _psea;

    public async Task InitializeAsync()
    {
        _services = new ServiceCollection().AddSingleton(database.Databases).AddSingleton(TimeProvider.System).AddSingleton(new WakeUp(database.Databases, TimeProvider.System)).AddUseCases().BuildServiceProvider();
        await database.ExecuteAsync("""
            truncate item_count, count_change;
            insert into service_point (id, slug, name) overriding system value values (1, 'hsp-norte', 'HSP Norte'), (2, 'hsp-sur', 'HSP Sur') on conflict do nothing;
            insert into officer (id, user_name, normalized_user_name, roles) values (1, 'ana', 'ANA', '{officer}'), (2, 'bea', 'BEA', '{circle}'), (3, 'adam', 'ADAM', '{administrator}'), (4, 'max', 'MAX', '{manager}') on conflict do nothing;
            insert into circle_member (circle_id, officer_id, confirmed_at) values (5, 2, now()) on conflict do nothing;
            """);
        _psea = await AudienceIds.FindOrMakeAsync(database.Databases.Worker, [5], 1, false, [], CancellationToken.None);
    }

    public async Task DisposeAsync() => await _services.DisposeAsync();

    [Fact]
    public async Task Counts_equal_the_items_while_they_change_and_are_folded_at_the_same_time()
    {
        var random = new Random(20_261_129);
        var items = new List<Made>();
        var (folder, stop) = (new CountFolder(database.Databases), new CancellationTokenSource());
        var folding = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await folder.RunAsync(CancellationToken.None);
                await Task.Delay(2);
            }
        });
        for (var round = 0; round < 250; round++)
        {
            if (items.Count > 5 && random.Next(3) == 0)
            {
                // an item is coded anew: what was counted is taken back
                var k = random.Next(items.Count);
                await CountAsync(items[k], -1);
                items[k] = items[k] with { Topics = Some(random), Type = Pick(random, Types) };
                await CountAsync(items[k], 1);
            }
            else
            {
                items.Add(new Made(Monday.AddDays(random.Next(-10, 28)), random.Next(3) is var p && p == 0 ? null : p, Some(random), Pick(random, Types), "normal", Pick(random, Channels), Pick(random, Langs), 1));
                await CountAsync(items[^1], 1);
            }
            if (round % 25 != 0)
                continue;
            var complete = items.Where(i => i.Type != "incomplete" && FourWeeks.From <= i.Day && i.Day <= FourWeeks.To).ToList();
            var byTopic = await ReadAsync(1, new TrendFilter { Period = FourWeeks });
            foreach (var row in byTopic.Rows)
                row.Counts.Select(c => c.N!.Value).ShouldBe(Weeks(complete.Where(i => i.Topics.Contains(row.Key))), row.Key);
            byTopic.Rows.Where(r => r.Total.N > 0).Select(r => r.Key).Order().ShouldBe(complete.SelectMany(i => i.Topics).Distinct().Order());
            byTopic.All.Counts.Select(c => c.N!.Value).ShouldBe(Weeks(complete), "items, not mentions");
            var byPlace = await ReadAsync(1, new TrendFilter { Period = FourWeeks, By = TrendBy.ServicePoint, Topics = ["water"], Channels = ["web"], Incomplete = true });
            foreach (var row in byPlace.Rows)
                row.Total.N.ShouldBe(items.Count(i => FourWeeks.From <= i.Day && i.Day <= FourWeeks.To && i.Topics.Contains("water") && i.Channel == "web" && i.Place == row.Key switch { "hsp-norte" => 1, "hsp-sur" => 2, _ => null }), row.Key);
        }
        await stop.CancelAsync();
        await folding;
        (await database.ScalarAsync<long>("select count(*) from item_count")).ShouldBeGreaterThan(0);

        static int[] Weeks(IEnumerable<Made> some) => [.. Enumerable.Range(0, 4).Select(w => some.Count(i => (i.Day.DayNumber - Monday.DayNumber) / 7 == w))];
    }

    [Fact]
    public async Task What_a_circle_holds_is_in_no_count_of_others()
    {
        await CountAsync(new Made(Monday.AddDays(-60), 1, ["food"], "request", "normal", "web", "es", 1), 1);
        await CountAsync(new Made(Monday, 1, ["sea_staff_abuse"], "complaint", "high", "web", "es", _psea), 1, 12);
        await CountAsync(new Made(Monday, 1, ["water"], "complaint", "normal", "web", "es", 1), 1, 3);
        for (var folded = 0; folded < 2; folded++)
        {
            foreach (var officer in new[] { 1, 4 })
            {
                foreach (var by in Enum.GetValues<TrendBy>())
                {
                    var seen = await ReadAsync(officer, new TrendFilter { Period = FourWeeks, By = by, Incomplete = true });
                    seen.Rows.ShouldNotContain(r => r.Key == "sea_staff_abuse" || r.Total.N == 15 || r.Key == "high");
                    seen.Restricted.ShouldBeFalse();
                    if (by != TrendBy.Lang)
                        seen.All.Total.N.ShouldBe(3);
                }
                (await AskAsync(officer, new Rises(new TrendFilter { Period = new(Monday.AddDays(-1), Monday) }))).Found.ShouldBeEmpty();
            }
            await Should.ThrowAsync<RuleException>(() => ReadAsync(3, new TrendFilter { Period = FourWeeks })); // no role carries clearance, an administrator's neither

            var cleared = await ReadAsync(2, new TrendFilter { Period = FourWeeks });
            cleared.Rows.Single(r => r.Key == "sea_staff_abuse").Total.N.ShouldBe(12);
            cleared.Restricted.ShouldBeTrue();
            (await AskAsync(2, new Rises(new TrendFilter { Period = new(Monday.AddDays(-1), Monday) }))).Found.ShouldHaveSingleItem().Topic.ShouldBe("sea_staff_abuse");

            // not even the cleared take it out in a file, nor by the API
            foreach (var use in new[] { TrendUse.Api, TrendUse.File })
                (await ReadAsync(2, new TrendFilter { Period = FourWeeks }, use)).Rows.ShouldHaveSingleItem().Key.ShouldBe("water");
            await new CountFolder(database.Databases).RunAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task Small_numbers_are_exact_inside_floored_by_language_and_in_files()
    {
        await CountAsync(new Made(Monday, 1, ["water"], "complaint", "normal", "web", "ar", 1), 1, 4);
        await CountAsync(new Made(Monday, 1, ["food"], "complaint", "normal", "web", "es", 1), 1, 30);
        var filter = new TrendFilter { Period = FourWeeks };

        (await ReadAsync(1, filter)).Rows.Single(r => r.Key == "water").Total.N.ShouldBe(4);
        (await ReadAsync(1, filter with { Langs = ["ar"] })).Rows.Single().Total.ShouldBe(Shown.Floored);
        var byLang = await ReadAsync(1, filter with { By = TrendBy.Lang });
        byLang.Rows.Single(r => r.Key == "ar").Counts[0].ShouldBe(Shown.Floored);
        byLang.Rows.Single(r => r.Key == "es").Counts[0].ShouldBe(Shown.Withheld, "with the sum it would give the other away");
        var file = await ReadAsync(1, filter, TrendUse.File);
        file.Rows.Single(r => r.Key == "water").Total.ShouldBe(Shown.Floored);
        file.Rows.Single(r => r.Key == "water").Change.ShouldBeNull();
        file.Rows.Single(r => r.Key == "food").Total.N.ShouldBe(30);
    }

    [Fact]
    public async Task A_trend_is_compared_with_the_equal_period_before_and_a_rise_is_named_with_its_place()
    {
        var lastWeek = new Period(Monday.AddDays(21), Monday.AddDays(27));
        await CountAsync(new Made(lastWeek.From, 1, ["opening_hours"], "suggestion", "normal", "web", "es", 1), 1, 23);
        await CountAsync(new Made(lastWeek.From.AddDays(-1), 1, ["opening_hours"], "suggestion", "normal", "web", "es", 1), 1, 9);
        await CountAsync(new Made(lastWeek.From.AddDays(-8), 1, ["opening_hours"], "suggestion", "normal", "web", "es", 1), 1, 50);
        await CountAsync(new Made(lastWeek.From, 2, ["water"], "suggestion", "normal", "web", "es", 1), 1, 5);
        await CountAsync(new Made(lastWeek.From, 2, ["other"], "incomplete", "low", "web", "es", 1), 1, 40);

        var row = (await ReadAsync(1, new TrendFilter { Period = lastWeek })).Rows.Single(r => r.Key == "opening_hours");
        row.Change.ShouldBe(new Change(23, 9));
        var rises = await AskAsync(1, new Rises(new TrendFilter { Period = FourWeeks }));
        rises.Found.ShouldBe([new Rise("opening_hours", "hsp-norte", "HSP Norte", lastWeek, new Change(23, 9))], "four weeks cannot be compared yet: counting began with them");
        rises.Compared.ShouldBe(2);
        (await ReadAsync(1, new TrendFilter { Period = FourWeeks })).ShouldSatisfyAllConditions(t => t.Since.ShouldBe(lastWeek.From.AddDays(-8)), t => t.Rows.ShouldAllBe(r => r.Change == null));

        await CountAsync(new Made(Monday.AddDays(-28), 1, ["food"], "request", "normal", "web", "es", 1), 1);
        (await AskAsync(1, new Rises(new TrendFilter { Period = FourWeeks }))).Found[0].ShouldBe(new Rise("opening_hours", "hsp-norte", "HSP Norte", FourWeeks, new Change(82, 0)), "surer than over one week, and named once");
        await CountAsync(new Made(Monday.AddDays(-1), 1, ["opening_hours"], "suggestion", "normal", "web", "es", 1), 1, 70);
        (await AskAsync(1, new Rises(new TrendFilter { Period = FourWeeks }))).Found.ShouldBe([new Rise("opening_hours", "hsp-norte", "HSP Norte", lastWeek, new Change(23, 9))]);
        (await ReadAsync(1, new TrendFilter { Period = lastWeek, Comparison = Comparison.None })).Rows.ShouldAllBe(r => r.Before == null && r.Change == null);
    }

    [Fact]
    public async Task A_group_counts_the_mentions_of_its_topics_and_items_without_a_place_have_a_row()
    {
        await CountAsync(new Made(Monday, null, ["water", "food", "opening_hours"], "request", "normal", "web", "es", 1), 1, 7);
        var group = await ReadAsync(1, new TrendFilter { Period = FourWeeks, By = TrendBy.ServicePoint, Topics = ["basic_needs"] });
        (group.Unit, group.AllUnit, group.All.Total.N, group.Rows.Single().Key).ShouldBe((TrendUnit.Mentions, TrendUnit.Mentions, 14, "-"));
        var none = await ReadAsync(1, new TrendFilter { Period = FourWeeks, By = TrendBy.ServicePoint, ServicePoints = ["-"] });
        (none.Unit, none.All.Total.N).ShouldBe((TrendUnit.Items, 7));
    }

    [Theory]
    [InlineData("2026-11-02", "2026-11-01", Bucket.Week, "trend_period_backwards")]
    [InlineData("2026-01-01", "2026-11-01", Bucket.Day, "trend_period_too_long")]
    [InlineData("2010-01-01", "2026-11-01", Bucket.Week, "trend_period_too_long")]
    public async Task An_impossible_period_is_refused(string from, string to, Bucket bucket, string code)
    {
        var culture = System.Globalization.CultureInfo.InvariantCulture;
        (await Should.ThrowAsync<RuleException>(() => ReadAsync(1, new TrendFilter { Bucket = bucket, Period = new(DateOnly.Parse(from, culture), DateOnly.Parse(to, culture)) }))).Code.ShouldBe(code);
    }

    private static string Pick(Random random, string[] some) => some[random.Next(some.Length)];

    private static string[] Some(Random random) => [.. Topics.Where(_ => random.Next(2) == 0).DefaultIfEmpty("other")];

    private Task<TrendTable> ReadAsync(int officer, TrendFilter filter, TrendUse use = TrendUse.Page) => AskAsync(officer, new Trend(filter, use));

    private async Task<T> AskAsync<T>(int officer, IRead<T> read)
    {
        await using var scope = _services.CreateAsyncScope();
        var role = officer switch { 1 => Roles.Officer, 2 => Roles.Circle, 3 => Roles.Administrator, _ => Roles.Manager };
        // the circle's member also gets the right to take files out: what is not in them is not for want of a right
        scope.ServiceProvider.GetRequiredService<CurrentOfficer>().Officer = new Officer(officer, "x", Roles.RightsOf(officer == 2 ? [role, Roles.Manager] : [role]));
        return await scope.ServiceProvider.GetRequiredService<IMediator>().Send(read);
    }

    private async Task CountAsync(Made item, int sign, int times = 1)
    {
        await using var command = database.Databases.Worker.CreateCommand("""
            insert into count_change (audience_id, day, service_point_id, topic, type, urgency, channel, lang, n) select $1, $2, $3, t, $4, $5, $6, $7, $9 from unnest($8::text[]) t
            """);
        foreach (var value in new object?[] { item.Audience, item.Day, item.Place, item.Type, item.Urgency, item.Channel, item.Lang, item.Topics.Prepend("").ToArray(), sign * times })
            command.Parameters.Add(value is null ? new() { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer } : new() { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    private sealed record Made(DateOnly Day, int? Place, string[] Topics, string Type, string Urgency, string Channel, string Lang, int Audience);
}
