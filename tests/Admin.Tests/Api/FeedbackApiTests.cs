using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Cea.Feedback.Intake;
using Cea.Feedback.Officers;
using Cea.Testing;
using Npgsql;

namespace Cea.Admin.Tests.Api;

/// <summary>Items out by REST: filters, pages, and how they are read.</summary>
public sealed class FeedbackApiTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddHours(12), TimeSpan.Zero);
    private readonly Site _site = new(database);
    private readonly Dictionary<string, Guid> _ids = [];
    private HttpClient _api = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("insert into service_point (slug, name) values ('blue-gate', 'Blue gate') on conflict do nothing");
        await _site.StartAsync();
        await using var pipeline = new Pipeline(database);
        await pipeline.SetUpAsync();
        if (await database.ScalarAsync<long>("select count(*) from item") == 0)
        {
            await SayAsync(pipeline, "hours", "[suggestion|opening_hours|normal|0|es] abran temprano", 20, "blue-gate", null);
            await SayAsync(pipeline, "water", "[request|water|high|0|en] nothing to drink", 10, null, "face-to-face");
            await SayAsync(pipeline, "soup", "[complaint|food|low|0|fr] la soupe est froide", 2, "blue-gate", null);
            await SayAsync(pipeline, "hidden", "[complaint|sea_staff_abuse|high|2|en] what a circle holds", 2, "blue-gate", null);
            await database.ExecuteAsync("update item set status = 'closed' where id = $1", _ids["soup"]);
        }
        foreach (var name in new[] { "hours", "water", "soup", "hidden" })
            _ids[name] = Guid.Parse(await database.ScalarAsync<string>("select message_id::text from seen where key = $1", TestDatabase.Keys.Hash("seen line", name)));
        _api = Clients.New(_site.Address);
        _api.DefaultRequestHeaders.Authorization = new("Bearer", await new OfficerAccounts(database.Databases.Pages, TestDatabase.Keys).AddApiKeyAsync($"k{Guid.CreateVersion7():N}", "read", CancellationToken.None));
    }

    public async Task DisposeAsync()
    {
        _api.Dispose();
        await _site.DisposeAsync();
    }

    [Fact]
    public async Task An_item_has_the_fields_that_the_description_names()
    {
        using var described = JsonDocument.Parse(await _api.GetStringAsync("/openapi/v1.json"));
        using var page = JsonDocument.Parse(await _api.GetStringAsync("/api/v1/feedback?limit=1"));
        var schemas = described.RootElement.GetProperty("components").GetProperty("schemas");
        var item = page.RootElement.GetProperty("items")[0];
        Names(item).ShouldBe(Names(schemas.GetProperty("Item").GetProperty("properties")), ignoreOrder: true);
        Names(item.GetProperty("messages")[0]).ShouldBe(Names(schemas.GetProperty("Item").GetProperty("properties").GetProperty("messages").GetProperty("items").GetProperty("properties")), ignoreOrder: true);
        using var trends = JsonDocument.Parse(await _api.GetStringAsync("/api/v1/trends"));
        Names(trends.RootElement).ShouldBe(Names(schemas.GetProperty("Trends").GetProperty("properties")), ignoreOrder: true);
        Names(trends.RootElement.GetProperty("all")).ShouldBe(Names(schemas.GetProperty("TrendRow").GetProperty("properties")), ignoreOrder: true);

        static IEnumerable<string> Names(JsonElement at) => at.EnumerateObject().Select(p => p.Name);
    }

    [Theory]
    [InlineData("", "soup water hours")]
    [InlineData("topic=water", "water")]
    [InlineData("topic=basic_needs", "soup water")]
    [InlineData("type=request", "water")]
    [InlineData("urgency=high,low", "soup water")]
    [InlineData("status=closed", "soup")]
    [InlineData("status=new", "water hours")]
    [InlineData("service_point=blue-gate", "soup hours")]
    [InlineData("service_point=-", "water")]
    [InlineData("channel=face-to-face", "water")]
    [InlineData("lang=fr", "soup")]
    [InlineData("q=soupe", "soup")]
    [InlineData("q=holds", "")]
    [InlineData("topic=basic_needs&lang=en&urgency=high", "water")]
    [InlineData("topic=nothing_like_it", "")]
    public async Task Each_filter_narrows_the_list_and_a_circles_item_is_in_none(string query, string expected) => (await NamesAsync(query)).ShouldBe(expected);

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // as after 90 days
    public async Task What_rises_after_it_was_seen_looks_like_what_nobody_has_checked_yet(bool receiptGone)
    {
        await using var pipeline = new Pipeline(database);
        var from = receiptGone ? "+50289400001" : "+50289400002";
        var waiting = (await pipeline.SayAsync(from + "1", "nothing that the machine can read")).MessageId;
        var item = (await pipeline.SayAsync(from, "[suggestion|opening_hours|normal|0|es] abran temprano")).MessageId;
        var joined = (await pipeline.SayAsync(from, "[suggestion|opening_hours|normal|0|es] a las seis")).MessageId;
        var code = (await OneAsync(item)).GetProperty("receipt_code").GetString();
        (await OneAsync(joined)).GetProperty("text").GetString().ShouldNotBeNull();

        await database.ExecuteAsync("update item set circle_id = 5, audience_id = (select audience_id from item where id = $2) where id = $1", item, _ids["hidden"]);
        await database.ExecuteAsync("update message set audience_id = (select audience_id from item where id = $1) where item_id = $1", item);
        if (receiptGone)
            await database.ExecuteAsync("delete from receipt where message_id = any ($1)", new[] { waiting, item, joined });
        var neutral = Neutral(await OneAsync(waiting));
        neutral.ShouldBe("id receipt_code status=received");
        foreach (var id in new[] { item, joined })
        {
            Neutral(await OneAsync(id)).ShouldBe(neutral);
            (await OneAsync(id)).GetProperty("id").GetGuid().ShouldBe(id);
        }
        (await OneAsync(item)).GetProperty("receipt_code").GetString().ShouldBe(code);
        (await _api.GetAsync(new Uri($"/api/v1/feedback/{Guid.CreateVersion7()}", UriKind.Relative))).StatusCode.ShouldBe(HttpStatusCode.NotFound);

        async Task<JsonElement> OneAsync(Guid id) => JsonDocument.Parse(await _api.GetStringAsync(new Uri($"/api/v1/feedback/{id}", UriKind.Relative))).RootElement;
        static string Neutral(JsonElement one) => string.Join(' ', one.EnumerateObject().Select(p => p.Name == "status" ? $"status={p.Value}" : p.Name));
    }

    [Fact]
    public async Task Days_are_whole_and_both_ends_count()
    {
        (await NamesAsync($"from={Day(10)}&to={Day(10)}")).ShouldBe("water");
        (await NamesAsync($"from={Day(10)}")).ShouldBe("soup water");
        (await NamesAsync($"to={Day(11)}")).ShouldBe("hours");
    }

    [Fact]
    public async Task The_cursor_leads_through_every_item_once_to_its_end()
    {
        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = await GetAsync($"limit=1{(cursor.Length > 0 ? $"&cursor={Uri.EscapeDataString(cursor)}" : "")}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(Name));
            cursor = page.GetProperty("next_cursor").GetString() ?? "";
        }
        while (cursor.Length > 0 && seen.Count < 10);
        seen.ShouldBe(["soup", "water", "hours"]);
        (await GetAsync("limit=1&topic=water")).GetProperty("next_cursor").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Theory]
    [InlineData("from=yesterday"), InlineData("to=2026-13-01"), InlineData("cursor=next"), InlineData("limit=all")]
    public async Task A_filter_that_cannot_be_read_is_refused_and_not_left_out(string query)
    {
        using var answer = await _api.GetAsync($"/api/v1/feedback?{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task An_item_tells_codes_clocks_and_messages_and_the_list_tells_the_same()
    {
        var one = JsonDocument.Parse(await _api.GetStringAsync($"/api/v1/feedback/{_ids["water"]}")).RootElement;
        one.GetProperty("text").GetString()!.ShouldContain("nothing to drink");
        one.GetProperty("topics")[0].GetString().ShouldBe("water");
        one.GetProperty("codes").GetProperty("suggested").GetProperty("type").GetString().ShouldBe("request");
        one.GetProperty("codes").GetProperty("suggested").GetProperty("confidence").GetDouble().ShouldBeInRange(0.5, 1);
        one.GetProperty("codes").GetProperty("confirmed").ValueKind.ShouldBe(JsonValueKind.Null);
        one.GetProperty("standards").GetProperty("answer_by").GetDateTimeOffset().ShouldBeGreaterThan(one.GetProperty("standards").GetProperty("seen_by").GetDateTimeOffset());
        var messages = one.GetProperty("messages").EnumerateArray().Select(m => $"{m.GetProperty("direction").GetString()} {m.GetProperty("status").GetString()}").ToList();
        messages.ShouldBe(["in received", "out due"]); // what was said, and its acknowledgement
        (await GetAsync("topic=water")).GetProperty("items")[0].GetRawText().ShouldBe(one.GetRawText());
        JsonDocument.Parse(await _api.GetStringAsync($"/api/v1/feedback/{_ids["soup"]}")).RootElement.GetProperty("service_point").GetString().ShouldBe("blue-gate");
    }

    [Fact]
    public async Task What_is_no_open_item_says_received_and_no_more()
    {
        var one = JsonDocument.Parse(await _api.GetStringAsync($"/api/v1/feedback/{_ids["hidden"]}")).RootElement;
        one.EnumerateObject().Select(p => p.Name).ShouldBe(["id", "receipt_code", "status"]);
        one.GetProperty("status").GetString().ShouldBe("received");
        using var nothing = await _api.GetAsync($"/api/v1/feedback/{Guid.CreateVersion7()}");
        nothing.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_longer_page_takes_no_more_statements_than_a_short_one()
    {
        await GetAsync("limit=1"); // the key is remembered from here on
        var statements = 0;
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql", Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
            {
                if (a.TagObjects.Any(t => t.Value as string == name))
                    Interlocked.Increment(ref statements);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await GetAsync("limit=1");
        var short_ = Interlocked.Exchange(ref statements, 0);
        (await GetAsync("limit=200")).GetProperty("items").GetArrayLength().ShouldBe(3);
        short_.ShouldBeGreaterThan(0);
        statements.ShouldBe(short_);
    }

    private static string Day(int ago) => Noon.AddDays(-ago).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private async Task SayAsync(Pipeline pipeline, string name, string text, int daysAgo, string? place, string? channel)
    {
        var receipts = await pipeline.Inbox.StoreAsync("line", [new MessageReceived { ExternalId = name, From = new("tel", $"+5029{name.GetHashCode(StringComparison.Ordinal) & 0xffffff}"), Text = new(text), At = Noon.AddDays(-daysAgo), ServicePoint = place, Channel = channel }], default, CancellationToken.None);
        await pipeline.TriageAllAsync();
        _ids[name] = receipts[0].MessageId;
    }

    private async Task<JsonElement> GetAsync(string query) => JsonDocument.Parse(await _api.GetStringAsync($"/api/v1/feedback?{query}")).RootElement;

    private async Task<string> NamesAsync(string query) => string.Join(' ', (await GetAsync(query)).GetProperty("items").EnumerateArray().Select(Name));

    private string Name(JsonElement item) => _ids.Single(i => i.Value == item.GetProperty("id").GetGuid()).Key;
}
