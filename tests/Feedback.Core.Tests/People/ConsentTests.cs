using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Feedback.People;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.People;

public sealed class ConsentTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private const string Hours = "[suggestion|opening_hours|normal|0|es] abran mas temprano", Abuse = "[incident_report|sea_staff_abuse|high|2|es] uno de ustedes pide favores";
    private static int _number = 710000;
    private readonly Office _office = new(database);
    private readonly string _from = $"+5025{Interlocked.Increment(ref _number)}";
    private Pipeline _pipeline = null!;
    private Officer _officer = null!;

    public async Task InitializeAsync()
    {
        _pipeline = new Pipeline(database);
        await _pipeline.SetUpAsync();
        _officer = await _office.HireAsync($"o-{Guid.CreateVersion7():N}", [Roles.Officer]);
    }

    public async Task DisposeAsync()
    {
        await _pipeline.DisposeAsync();
        await _office.DisposeAsync();
    }

    [Fact]
    public async Task Each_consent_is_no_until_it_is_recorded_has_its_day_and_is_taken_back_by_a_later_no()
    {
        var id = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        (await _office.AskAsync(_officer, new ItemDetail(id))).Consents.ShouldBeEmpty();

        await RecordAsync(id, "quote", "yes");
        await RecordAsync(id, "share", "without_name");
        (await ConsentsAsync(id)).ShouldBe(["quote yes", "share without_name"]);
        await RecordAsync(id, "quote", "no");
        (await ConsentsAsync(id)).ShouldBe(["quote no", "share without_name"]);

        var shown = (await _office.AskAsync(_officer, new ItemDetail(id))).Consents[0];
        (shown.By, shown.At > TimeProvider.System.GetUtcNow().AddMinutes(-5)).ShouldBe((_officer.Name, true));
        (await database.ScalarAsync<long>("select count(*) from consent where item_id = $1 and recorded_by = $2", id, _officer.Id)).ShouldBe(3); // what was said before is kept
        (await database.ScalarAsync<string>("select string_agg(detail->>'kind' || ' ' || (detail->>'answer'), ', ' order by id) from audit where act = 'RecordConsent' and item_id = $1", id)).ShouldBe("quote yes, share without_name, quote no");
    }

    [Fact]
    public async Task What_was_said_to_a_circle_shows_on_no_other_item_of_the_number()
    {
        var open = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        var restricted = (await _pipeline.SayAsync(_from, Abuse)).MessageId;
        await database.ExecuteAsync("insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'contact_back', 'yes', '1', now() from item where id = $1", restricted);

        (await ConsentsAsync(open)).ShouldBeEmpty();
        (await _office.RefusalAsync(_officer, new RecordConsent(restricted, "share", "with_name", Guid.CreateVersion7()))).ShouldBe("item_not_found");
        await using var connection = await database.Databases.Pages.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new Npgsql.NpgsqlCommand($"select set_config('cea.officer', '{_officer.Id}', true); select count(*) from consent where item_id = '{restricted}' or person_id = (select person_id from item where id = '{open}')", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        reader.GetInt64(0).ShouldBe(0);
    }

    [Theory]
    [InlineData("quote", "with_name", "", "unknown_code")]
    [InlineData("share", "yes", "", "unknown_code")]
    [InlineData("everything", "yes", "", "unknown_code")]
    [InlineData("quote", "yes", "minor = true", "minors_are_not_quoted")]
    [InlineData("share", "with_name", "person_id = null", "nobody_to_ask")]
    public async Task What_cannot_be_agreed_to_is_refused(string kind, string answer, string item, string refusal)
    {
        var id = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        if (item.Length > 0)
            await database.ExecuteAsync($"update item set {item} where id = $1", id);
        (await _office.RefusalAsync(_officer, new RecordConsent(id, kind, answer, Guid.CreateVersion7()))).ShouldBe(refusal);
        (await database.ScalarAsync<long>("select count(*) from consent where item_id = $1", id)).ShouldBe(0);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData("without_name", 0)]
    [InlineData("no", 1)]
    public async Task A_referral_without_consent_to_share_is_marked(string? share, int marks)
    {
        var id = (await _pipeline.SayAsync(_from, Hours)).MessageId;
        if (share is not null)
            await RecordAsync(id, "share", share);
        await _office.AskAsync(_officer, new ReferItem(id, "the clinic", false, null, Guid.CreateVersion7()));
        (await database.ScalarAsync<long>("select count(*) from item_event where item_id = $1 and what = 'referred_without_consent'", id)).ShouldBe(marks);
    }

    [Fact]
    public async Task Other_open_items_of_the_number_are_named_and_nothing_of_them_is_told_and_a_restricted_one_is_not_there()
    {
        var first = (await _pipeline.SayAsync(_from, Hours + " zanahoria")).MessageId;
        await database.ExecuteAsync("update item set last_message_at = now() - interval '3 days' where id = $1", first);
        var second = (await _pipeline.SayAsync(_from, "[question|water|normal|0|es] hay agua")).MessageId;
        await _pipeline.SayAsync(_from, Abuse); // comes to an item of its own

        var view = await _office.AskAsync(_officer, new ItemDetail(second));
        view.SameNumberItems.Select(s => s.Id).ShouldBe([first]);
        view.SameNumber.ShouldBe(1);
        System.Text.Json.JsonSerializer.Serialize(view.SameNumberItems).ShouldNotContain("zanahoria");
        (await _office.AskAsync(_officer, new ItemDetail(first))).SameNumberItems.Select(s => s.Id).ShouldBe([second]);
    }

    private Task<bool> RecordAsync(Guid id, string kind, string answer) => _office.AskAsync(_officer, new RecordConsent(id, kind, answer, Guid.CreateVersion7()));

    private async Task<List<string>> ConsentsAsync(Guid id) => [.. (await _office.AskAsync(_officer, new ItemDetail(id))).Consents.Select(c => $"{c.Kind} {c.Answer}")];
}
