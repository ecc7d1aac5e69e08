using Cea.Feedback.Officers;
using Cea.Host.Files;
using Cea.Testing;

namespace Cea.Host.Tests.Files;

/// <summary>Who spoke, in several files of the same items.</summary>
public sealed class ExportedSpeakersTests : IAsyncLifetime
{
    private OperatorsPlace _place = null!;
    private int _recorded;

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        await using var office = new Office(_place.Database);
        await office.HireAsync("olga", [Roles.Officer]);
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public async Task A_week_and_its_month_joined_by_id_tell_no_more_of_who_spoke_than_one_of_them()
    {
        for (var i = 0; i < 29; i++)
            await RecordAsync("es");
        // Ten women, one of them old; in her week nine old men: ten of the week are old, ten of the month are women. Ten younger men.
        await _place.Database.ExecuteAsync("""
            with n as (select id, row_number() over (order by id) as n from item), said as (
                insert into speaker (item_id, sex, age_band) select id, case when n <= 10 then 'female' else 'male' end, case when n between 10 and 19 then '60_over' else '18_59' end from n
            ), shared as (
                insert into consent (item_id, kind, answer, version, at) select id, 'share', 'without_name', '1', now() from n)
            update item i set spoken_at = case when n between 10 and 19 then timestamptz '2025-10-08 12:00Z' else '2025-10-20 12:00Z' end from n where n.id = i.id
            """);
        var (week, month, all) = (await WhoAsync("--from", "2025-10-06", "--to", "2025-10-12"), await WhoAsync("--from", "2025-10-01", "--to", "2025-10-31"), await WhoAsync());
        month.Values.CountBy(w => w).OrderBy(w => w.Value).ShouldBe([new(("es", "female", ""), 10), new(("es", "male", ""), 19)]);
        week.Values.CountBy(w => w).OrderBy(w => w.Value).ShouldBe([new(("es", "female", ""), 1), new(("es", "male", ""), 9)]);
        week.ShouldBeSubsetOf(month);
        all.ShouldBe(month, ignoreOrder: true);

        // A month that goes on: who is one of nine today may be one of ten tomorrow.
        await _place.Database.ExecuteAsync("update item set spoken_at = now() + interval '1 day'");
        (await WhoAsync()).Values.Distinct().ShouldBe([("es", "", "")]);
    }

    [Fact]
    public async Task Who_spoke_leaves_only_with_ten_of_the_language_in_a_month_of_the_place_whether_or_not_a_file_shows_the_language()
    {
        await _place.Database.ExecuteAsync("insert into service_point (slug, name, time_zone) values ('gate', 'Gate', 'America/Bogota')");
        for (var i = 0; i < 20; i++)
            await RecordAsync(i < 10 ? "es" : "fr");
        await _place.Database.ExecuteAsync("""
            with said as (insert into speaker (item_id, sex) select id, 'female' from item), shared as (insert into consent (item_id, kind, answer, version, at) select id, 'share', 'with_name', '1', now() from item)
            update item set service_point_id = (select id from service_point), spoken_at = '2025-10-15 12:00Z'
            """);
        await _place.Database.ExecuteAsync("update item set spoken_at = '2025-09-15 12:00Z' where id in (select id from item where lang = 'es' limit 5)");
        (await WhoAsync()).Values.CountBy(w => (w.Lang, w.Sex)).OrderBy(c => c.Key).ShouldBe([new(("es", ""), 10), new(("fr", "female"), 10)]); // five in each month
        (await WhoAsync("--from", "2025-10-01", "--to", "2025-10-31")).Values.CountBy(w => (w.Lang, w.Sex)).OrderBy(c => c.Key).ShouldBe([new(("", ""), 5), new(("fr", "female"), 10)]);
        // The last evening of October there.
        await _place.Database.ExecuteAsync("update item set spoken_at = '2025-11-01 02:00Z' where spoken_at < '2025-10-01'");
        (await WhoAsync("--from", "2025-10-31", "--to", "2025-10-31")).Values.Select(w => w.Sex).ShouldBe(Enumerable.Repeat("female", 5));
    }

    [Fact]
    public async Task Who_may_be_quoted_is_none_of_the_ten_among_whom_somebody_is_left_out()
    {
        for (var i = 0; i < 20; i++)
            await RecordAsync("es");
        await _place.Database.ExecuteAsync("""
            with n as (select id, person_id, row_number() over (order by id) as n from item), said as (insert into speaker (item_id, sex) select id, 'female' from n), shared as (
                insert into consent (item_id, kind, answer, version, at) select id, 'share', 'without_name', '1', now() from n where n <= 10), quoted as (
                insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'quote', 'yes', '1', now() from n where n = 20)
            update item set spoken_at = '2025-10-20 12:00Z'
            """);
        (await WhoAsync()).Values.Distinct().ShouldBe([("es", "", "")]); // with her row gone, nine of twenty would say nothing
        await _place.Database.ExecuteAsync("update consent set answer = 'no' where kind = 'quote'");
        (await WhoAsync()).Values.Count(w => w.Sex == "female").ShouldBe(10);
    }

    [Theory]
    [InlineData("confirmed")]
    [InlineData("focal_point")]
    public async Task Who_asked_to_be_erased_leaves_without_who_spoke_as_soon_as_it_is_confirmed(string state)
    {
        for (var i = 0; i < 21; i++)
            await RecordAsync("es");
        await _place.Database.ExecuteAsync("""
            with n as (select id, row_number() over (order by id) as n from item), said as (insert into speaker (item_id, sex) select id, 'female' from n), shared as (
                insert into consent (item_id, kind, answer, version, at) select id, 'share', case when n = 1 then 'with_name' else 'without_name' end, '1', now() from n where n <= 11)
            update item set spoken_at = '2025-10-20 12:00Z'
            """);
        var item = await _place.Database.ScalarAsync<Guid>("select item_id from consent where answer = 'with_name'");
        await _place.Database.ExecuteAsync("insert into erasure (person_id, asked_at, state) select person_id, now(), 'asked' from item where id = $1", item);
        (await WhoAsync())[item].Sex.ShouldBe("female");
        await _place.Database.ExecuteAsync("update erasure set state = $1", state);
        await _place.Database.ExecuteAsync("update erasure set state = 'held'");
        var told = await WhoAsync();
        (told[item].Sex, told.Values.Count(w => w.Sex == "female")).ShouldBe(("", 10));
        (await _place.Database.ScalarAsync<string>("select string_agg(answer, ' ' order by id) from consent where kind = 'share' and item_id = $1", item)).ShouldBe("with_name no");
    }

    private async Task RecordAsync(string language)
    {
        await using var pipeline = new Pipeline(_place.Database);
        await pipeline.SetUpAsync();
        await pipeline.SayAsync($"+5025551{++_recorded:D4}", $"[complaint|water|normal|0|{language}] agua");
    }

    private async Task<Dictionary<Guid, (string Lang, string Sex, string AgeBand)>> WhoAsync(params string[] range)
    {
        var (code, output) = await _place.CeaAsync(["export", "--format", "csv", .. range]);
        code.ShouldBe(0, output);
        var file = _place.PathOf("who.csv");
        await File.WriteAllTextAsync(file, output);
        using var rows = RowFile.Open(file);
        var columns = new[] { "id", "lang", "sex", "age_band" }.Select(c => rows.Header!.ToList().IndexOf(c)).ToArray();
        return rows.Rows().ToDictionary(r => Guid.Parse(r.Cells[columns[0]]), r => (r.Cells[columns[1]], r.Cells[columns[2]], r.Cells[columns[3]]));
    }
}
