using Cea.Channels;
using Cea.Feedback.Coding;
using Cea.Feedback.Intake;
using Cea.Feedback.Items;
using Cea.Feedback.Officers;
using Cea.Host.Files;
using Cea.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Host.Tests.Files;

/// <summary>What leaves in the shapes that others load.</summary>
public sealed class ExportTests : IAsyncLifetime
{
    // The template's three levels, as far as their names stand in one place.
    private static readonly Dictionary<string, string[]> Categories = new()
    {
        ["Question"] = ["Questions about response activities", "Questions about the crisis", "Questions about response actors", "Questions about preventative behaviours", "Other questions"],
        ["Request_or_suggestion"] = ["Request for support", "Request for information", "Suggestion on response improvements", "Other requests or suggestions"],
        ["Report"] = ["Barriers to access", "Issues with quality quantity or timeliness", "Report of incident", "Allegations of misconduct", "Allegations of SEA", "Other reports"],
        ["Encouragement_or_praise"] = ["Appreciation of activities services", "Appreciation of response actors", "Encouragement to continue the work", "Other encouragement or praise"],
        ["Observation_perception_belief"] =
            ["Belief or perception of crisis", "Comments on impact, scope and scale of disaster", "Safety and security", "Information on the diversity of the community", "Comment related to information and communication", "Other"],
        ["Incomplete_feedback"] = ["Interrupted interaction", "Communication barrier", "Abusive interaction", "Withdrawal from interaction", "Other"],
    };

    private OperatorsPlace _place = null!;

    public async Task InitializeAsync()
    {
        _place = await OperatorsPlace.OpenAsync();
        await using var office = new Office(_place.Database);
        await office.HireAsync("olga", [Roles.Officer]);
    }

    public async Task DisposeAsync() => await _place.DisposeAsync();

    [Fact]
    public void Every_type_of_every_topic_has_its_place_in_the_IFRC_framework()
    {
        var book = Codebook.Default;
        book.Types.Count.ShouldBe(8);
        book.Topics.Count.ShouldBe(26);
        foreach (var type in book.Types)
        {
            foreach (var topic in book.Topics)
            {
                var place = book.IfrcOf(type.Name, topic.Name);
                Categories.Keys.ShouldContain(place.Type, $"{type.Name} {topic.Name}");
                Categories[place.Type].ShouldContain(place.Category, $"{type.Name} {topic.Name}");
                place.Code.ShouldBe(topic.Label("en"));
            }
        }
    }

    [Fact]
    public void Every_line_urgency_and_closing_has_a_word_of_the_fixed_lists()
    {
        using var services = new ServiceCollection().AddChannels().BuildServiceProvider();
        var kinds = services.GetRequiredService<ChannelKinds>();
        var lists = new IfrcLists(kinds);
        kinds.All.Select(k => lists.Channel(k.Kind)).ShouldBeSubsetOf(IfrcLists.Channels);
        lists.Channel("twilio-sms").ShouldBe("SMS");
        lists.Channel("feedback box").ShouldBe("Feedback box");
        lists.Channel("carrier pigeon").ShouldBe("Other");
        Codebook.Urgencies.Select(IfrcLists.Criticality).Distinct().Count().ShouldBe(3);
        Codebook.Default.Of("loop_method").Select(m => IfrcLists.ClosingOfLoop(m.Name)).OfType<string>().Order().ShouldBe(IfrcLists.LoopClosings.Order());
    }

    [Fact]
    public async Task The_IFRC_file_has_a_row_for_each_topic_and_no_word_of_the_message()
    {
        await FeedbackAsync("[complaint|water,queues_waiting|high|0|en] the pump is dry, call 50255519876", "twilio-sms");
        await FeedbackAsync("[complaint|sea_staff_abuse|high|2|en] a man wants a favour", "twilio-sms");
        await FeedbackAsync("[praise|food|low|0|en] good soup", "feedback box");
        await _place.Database.ExecuteAsync("update item set status = 'closed', resolved_at = now(), resolution = 'x', loop_closed_at = now(), loop_method = 'follow_up_message' where suggested_type = 'praise'");

        var (header, rows, raw) = await ExportAsync("ifrc");

        header.ShouldBe(["Feedback message", "Type of feedback", "Category", "Code", "Feedback channel", "Sex", "Age range", "Diversity", "Sensitivity", "Criticality", "Status of the comment", "Closing of the loop"]);
        rows.Select(r => string.Join('|', r)).ShouldBe(
        [
            "|Report|Issues with quality quantity or timeliness|Drinking water|SMS|Unknown|Unknown|Unknown|Non-sensitive|Urgent or immediate action needs to be taken|Under review|",
            "|Report|Issues with quality quantity or timeliness|Queues and waiting|SMS|Unknown|Unknown|Unknown|Non-sensitive|Urgent or immediate action needs to be taken|Under review|",
            "|Encouragement_or_praise|Appreciation of activities services|Food|Feedback box|Unknown|Unknown|Unknown|Non-sensitive|No immediate action necessary, general monitoring|Action was taken|Follow-up message",
        ], ignoreOrder: true);
        Hidden(raw);
    }

    [Fact]
    public async Task The_inter_agency_file_has_its_44_columns_and_says_of_nobody_who_he_is()
    {
        await _place.Database.ExecuteAsync("""
            insert into service_point (slug, name, country, region, area, visibility, time_zone) values
                ('blue-gate', '=HYPERLINK("http://x")', '@Country', '-Region', '+Area', 'all', 'America/Bogota'), ('house', 'The hidden house', 'Country', null, null, 'on_asking', 'UTC')
            """);
        await FeedbackAsync("[complaint|water|normal|0|es] no hay agua, 50255519876", "twilio-sms");
        await FeedbackAsync("[complaint|sea_staff_abuse|high|2|es] a man wants a favour", "twilio-sms");
        await FeedbackAsync("[request|food|low|0|fr] de la soupe", "telegram");
        await _place.Database.ExecuteAsync("""
            update item set service_point_id = (select id from service_point where slug = 'blue-gate'), spoken_at = '2026-11-21 03:00Z', about = 'our_service', referred_at = '2026-11-22 12:00Z', referred_to = 'Dr Amina',
                status = 'closed', resolved_at = '2026-11-23 02:00Z', loop_impossible = 'no_funds' where lang = 'es'
            """);
        await _place.Database.ExecuteAsync("update item set service_point_id = (select id from service_point where slug = 'house') where lang = 'fr'");

        var (header, rows, raw) = await ExportAsync("interagency");

        header.Count.ShouldBe(44);
        header.ShouldBeUnique();
        (header[0], header[7], header[14], header[43]).ShouldBe(("Unique ID", "Settlement/ Site Name", "Contact Number of the feedback provider", "Rumour"));
        rows.Count.ShouldBe(2);
        rows.ShouldAllBe(r => r.Count == 44 && r.All(c => c.Length > 0));
        string Cell(int row, string column) => rows[row][header.ToList().IndexOf(column)];
        var (gate, house) = Cell(0, "Region") == "N/A" ? (1, 0) : (0, 1);
        // Nine in the evening of the day before, where it was said.
        Cell(gate, "Date of receipt").ShouldBe("2026-11-20");
        Cell(gate, "Date of referral").ShouldBe("2026-11-22");
        Cell(gate, "Date of case resolution").ShouldBe("2026-11-22");
        Cell(gate, "Date of closing the loop (communicate back)").ShouldBe("N/A");
        Cell(gate, "Reason for action not possible (if applicable)").ShouldBe("No funds");
        Cell(gate, "Feedback channel").ShouldBe("SMS");
        Cell(gate, "Operational relevance/ Service Mapping Sector").ShouldBe("WASH");
        Cell(gate, "Responsibility Category (level-1)").ShouldBe("Our service");
        Cell(gate, "Sensitivity Category (level-2)").ShouldBe("Non-sensitive");
        Cell(gate, "Criticality Category (level-3)").ShouldBe("regular");
        Cell(house, "Criticality Category (level-3)").ShouldBe("no action");
        Cell(house, "Settlement/ Site Name").ShouldBe("N/A"); // not told to everybody
        foreach (var column in new[] { "Name of feedback provider", "Contact Number of the feedback provider", "Name of data collector", "Age range", "Sex", "Complaint/Feedback Details", "What action was taken?", "Referred to (organization and department)", "Key quote", "Comments" })
            rows.Select((_, i) => Cell(i, column)).ShouldAllBe(c => c == "N/A");
        // What a spreadsheet would run is a word.
        foreach (var column in new[] { "Settlement/ Site Name", "Country", "Region", "District" })
            "=+-@".ShouldNotContain(Cell(gate, column)[0]);
        raw.Split('\n').Where(l => l.Contains("HYPERLINK", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("'=HYPERLINK");
        Hidden(raw);
        raw.ShouldNotContain("Amina");
        raw.ShouldNotContain("hidden house");
    }

    [Fact]
    public async Task A_language_leaves_only_with_ten_of_it_at_its_place()
    {
        for (var i = 0; i < 10; i++)
            await FeedbackAsync("[request|water|normal|0|es] agua", "twilio-sms");
        for (var i = 0; i < 9; i++)
            await FeedbackAsync("[request|water|normal|0|so] biyo", "twilio-sms");
        var (header, rows, _) = await ExportAsync("interagency");
        rows.CountBy(r => r[header.ToList().IndexOf("Language of the interaction")]).OrderBy(l => l.Key).ShouldBe([new("N/A", 9), new("Spanish", 10)]);
        (header, rows, _) = await ExportAsync("csv");
        rows.CountBy(r => r[header.ToList().IndexOf("lang")]).OrderBy(l => l.Key).ShouldBe([new("", 9), new("es", 10)]);
        // What lies on the days around does not count.
        await _place.Database.ExecuteAsync("update item set spoken_at = '2026-11-20 12:00Z'");
        await _place.Database.ExecuteAsync("update item set spoken_at = '2026-11-21 12:00Z' where id in (select id from item where lang = 'es' limit 4)");
        (header, rows, _) = await ExportAsync("csv", "--from", "2026-11-21", "--to", "2026-11-21");
        rows.CountBy(r => r[header.ToList().IndexOf("lang")]).ShouldBe([new("", 4)]);
    }

    [Fact]
    public async Task Who_spoke_leaves_where_he_agreed_and_ten_say_the_same_and_beside_no_quote()
    {
        for (var i = 0; i < 24; i++)
            await FeedbackAsync("[complaint|water|normal|0|es] agua", "call");
        await _place.Database.ExecuteAsync("update item set spoken_at = '2025-10-20 12:00Z'"); // that month has ended
        // 12 women and 2 men who agreed, 10 women who did not, or not any more.
        await _place.Database.ExecuteAsync("""
            with n as (select id, row_number() over (order by id) as n from item), said as (
                insert into speaker (item_id, sex, age_band, diversity) select id, case when n in (13, 14) then 'male' else 'female' end, '18_59', case when n <= 11 then '{migrant,pregnant_lactating}' else '{none}' end::text[] from n)
            insert into consent (item_id, kind, answer, version, at) select id, 'share', case when n <= 14 then 'without_name' else 'no' end, '1', now() from n
            union all select id, 'share', 'with_name', '1', now() - interval '1 day' from n where n > 20
            """);

        var (header, rows, _) = await ExportAsync("ifrc");
        rows.CountBy(r => (Cell(header, r, "Sex"), Cell(header, r, "Age range"), Cell(header, r, "Diversity"))).OrderByDescending(c => c.Value).ThenBy(c => c.Key.Item1, StringComparer.Ordinal).ShouldBe(
        [
            new(("Female", "Adults (18 to 59 years old)", "Unknown"), 12), // eleven of them with the same diversity: the twelfth would be known
            new(("Unknown", "Unknown", "Unknown"), 12),
        ]);
        (header, rows, _) = await ExportAsync("interagency");
        rows.CountBy(r => (Cell(header, r, "Sex"), Cell(header, r, "Age range"), Cell(header, r, "Vulnerability factor"))).OrderBy(c => c.Key.Item1, StringComparer.Ordinal).ShouldBe([new(("Female", "18 years and above but below 60 years", "N/A"), 12), new(("N/A", "N/A", "N/A"), 12)]);

        await _place.Database.ExecuteAsync("update speaker set diversity = '{migrant,pregnant_lactating}' where diversity = '{none}' and sex = 'female'");
        (header, rows, _) = await ExportAsync("csv");
        rows.CountBy(r => (Cell(header, r, "sex"), Cell(header, r, "age_band"), Cell(header, r, "diversity"))).OrderBy(c => c.Key.Item1, StringComparer.Ordinal).ShouldBe([new(("", "", ""), 12), new(("female", "18_59", "migrant|pregnant_lactating"), 12)]);
        (header, rows, _) = await ExportAsync("ifrc");
        rows.Select(r => Cell(header, r, "Diversity")).Distinct().Order(StringComparer.Ordinal).ShouldBe(["Migrant; Pregnant/lactating women", "Unknown"]);

        await QuoteAsync("no hay agua", approved: true);
        (header, rows, _) = await ExportAsync("csv");
        rows.Count(r => Cell(header, r, "sex") == "female").ShouldBe(11);
        (Cell(header, rows[^1], "quote"), Cell(header, rows[^1], "sex")).ShouldBe(("no hay agua", ""));
        // Who agreed to be quoted leaves with nothing either before somebody quotes her.
        var asked = await _place.Database.ScalarAsync<Guid>("select f.item_id from speaker f join consent c on c.item_id = f.item_id and c.kind = 'share' and c.answer = 'without_name' where f.sex = 'female' order by f.item_id desc limit 1");
        await _place.Database.ExecuteAsync("insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'quote', 'yes', '1', now() from item where id = $1", asked);
        (header, rows, _) = await ExportAsync("csv");
        (rows.Count(r => Cell(header, r, "sex") == "female"), Cell(header, rows.Single(r => r[0] == asked.ToString()), "sex")).ShouldBe((10, ""));
        await _place.Database.ExecuteAsync("update speaker set sealed = '\\x00', sex = null, age_band = null, diversity = '{}'");
        (header, rows, _) = await ExportAsync("csv");
        rows.ShouldAllBe(r => Cell(header, r, "sex").Length == 0);
    }

    [Fact]
    public void Every_fact_of_who_spoke_has_a_word_of_the_fixed_lists()
    {
        SpeakerFacts.Sexes.Select(IfrcLists.Sex).ShouldBe(["Female", "Male", "Other", "Mixed group of people", "Preferred not to indicate"]);
        SpeakerFacts.AgeBands.Select(IfrcLists.AgeRange).ShouldBe(["Children (under 13 years old)", "Youth (13 to 17 years old)", "Adults (18 to 59 years old)", "Elderly (60 years and older)", "Mixed group of people", "Preferred not to indicate"]);
        SpeakerFacts.Diversities.Select(IfrcLists.Diversity).ShouldBe(["Physical disability", "Mental disability", "Underlying illness", "Migrant", "Ethnic minority", "Pregnant/lactating women", "Other", "None", "Unknown"]);
        new[] { IfrcLists.Sex(null), IfrcLists.AgeRange(null), IfrcLists.Diversity(null) }.ShouldAllBe(w => w == "Unknown");
    }

    [Fact]
    public async Task Days_are_those_of_the_place_and_both_ends_count()
    {
        await _place.Database.ExecuteAsync("insert into service_point (slug, name, time_zone) values ('east', 'East', 'Asia/Tokyo')");
        await FeedbackAsync("[request|water|normal|0|es] agua", "twilio-sms");
        await _place.Database.ExecuteAsync("update item set service_point_id = (select id from service_point), spoken_at = '2026-11-20 16:00Z'"); // one in the night of the 21st
        (await ExportAsync("interagency", "--from", "2026-11-21", "--to", "2026-11-21")).Rows.ShouldHaveSingleItem()[2].ShouldBe("2026-11-21");
        (await ExportAsync("csv", "--from", "2026-11-20", "--to", "2026-11-20")).Rows.ShouldBeEmpty();
        (await ExportAsync("csv", "--from", "2026-11-21")).Rows.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Where_nobody_may_see_open_items_the_export_says_so_and_is_not_empty()
    {
        await _place.Database.ExecuteAsync("update officer set active = false");
        (await _place.CeaAsync("export", "--format", "ifrc")).ShouldBe((1, "no officer may see open items yet: cea user add NAME --role officer\n"));
    }

    [Fact]
    public async Task An_approved_quote_leaves_in_each_file_and_beside_it_no_language_no_time_and_no_id_of_its_item()
    {
        for (var i = 0; i < 3; i++)
            await FeedbackAsync("[complaint|water,queues_waiting|normal|0|so] biyo", "twilio-sms");
        await _place.Database.ExecuteAsync("""
            update item set status = 'closed', confirmed_at = now(), seen_at = now(), first_answer_at = now(), referred_at = now(), resolved_at = now(), loop_closed_at = now(), resolution = 'x', loop_method = 'follow_up_call'
            """);
        var (quoted, waiting) = (await QuoteAsync("biyo ma jiro, [name]", approved: true), await QuoteAsync("sugaya", approved: false));

        var (header, rows, raw) = await ExportAsync("csv");
        rows.Count.ShouldBe(3);
        rows.Select(r => Cell(header, r, "quote")).ShouldBe(["", "", "biyo ma jiro, [name]"]); // last, whenever it was said
        header.Where(c => c is not ("quote" or "id") && Cell(header, rows[^1], c).Length > 0).ShouldBe(["channel", "status", "type", "topics", "urgency", "team", "loop_method"]);
        raw.ShouldNotContain(quoted.ToString());
        raw.ShouldContain(waiting.ToString());
        Cell(header, rows[^1], "id").ShouldBe((await _place.Database.ScalarAsync<Guid>("select id from quote where item_id = $1", quoted)).ToString());
        raw.ShouldNotContain("sugaya");

        (header, rows, raw) = await ExportAsync("interagency");
        rows.Select(r => Cell(header, r, "Key quote")).ShouldBe(["N/A", "N/A", "biyo ma jiro, [name]"]);
        foreach (var column in header.Where(c => c.StartsWith("Date", StringComparison.Ordinal) || c.StartsWith("Language", StringComparison.Ordinal)))
            Cell(header, rows[^1], column).ShouldBe("N/A", column);
        Cell(header, rows[^1], "Status of feedback").ShouldBe("Action was taken");
        raw.ShouldNotContain(quoted.ToString());

        (header, rows, _) = await ExportAsync("ifrc");
        rows.Select(r => r[0]).Order().ShouldBe(["", "", "", "", "biyo ma jiro, [name]", "biyo ma jiro, [name]"]); // a comment for each of its two topics
    }

    [Fact]
    public async Task With_ten_of_its_language_in_its_week_and_place_a_quote_has_its_language_and_its_week()
    {
        for (var i = 0; i < 11; i++)
            await FeedbackAsync("[complaint|water|normal|0|es] agua", "twilio-sms");
        await _place.Database.ExecuteAsync("update item set spoken_at = '2026-11-17 12:00Z'");
        await QuoteAsync("no hay agua", approved: true);
        (await QuotedAsync()).ShouldBe(("es", "2026-W47"));
        (await ExportAsync("interagency")).Rows[^1][2].ShouldBe("2026-W47");
        // Ten of the language, nine of them in the week, though ten of the week with another language.
        await _place.Database.ExecuteAsync("update item set spoken_at = '2026-11-10 12:00Z' where id in (select i.id from item i left join quote q on q.item_id = i.id where q.id is null limit 2)");
        await _place.Database.ExecuteAsync("update item set lang = 'fr', spoken_at = '2026-11-17 12:00Z' where id in (select i.id from item i left join quote q on q.item_id = i.id where q.id is null and i.spoken_at < '2026-11-12' limit 1)");
        (await QuotedAsync()).ShouldBe(("es", ""));
        // Nine of the language: it is left out, and the week is that of all.
        await _place.Database.ExecuteAsync("update item set lang = 'fr' where id in (select i.id from item i left join quote q on q.item_id = i.id where q.id is null and i.lang = 'es' limit 1)");
        (await QuotedAsync()).ShouldBe(("", "2026-W47"));
    }

    [Fact]
    public async Task An_export_of_few_days_does_not_say_by_itself_when_something_was_said()
    {
        for (var i = 0; i < 10; i++)
            await FeedbackAsync("[complaint|water|normal|0|es] agua", "twilio-sms");
        await _place.Database.ExecuteAsync("update item set spoken_at = '2026-11-17 12:00Z'");
        await QuoteAsync("no hay agua", approved: true);
        (await ExportAsync("csv", "--from", "2026-11-17", "--to", "2026-11-17")).Raw.ShouldContain("no hay agua");
        await _place.Database.ExecuteAsync("update item set spoken_at = '2026-11-10 12:00Z' where id = (select i.id from item i left join quote q on q.item_id = i.id where q.id is null limit 1)");
        (await ExportAsync("csv", "--from", "2026-11-17", "--to", "2026-11-17")).Raw.ShouldNotContain("no hay agua");
        (await ExportAsync("csv", "--from", "2026-11-12", "--to", "2026-12-12")).Raw.ShouldNotContain("no hay agua");
        (await ExportAsync("csv", "--from", "2026-11-12", "--to", "2026-12-13")).Raw.ShouldContain("no hay agua");
    }

    [Fact]
    public async Task A_quote_that_a_spreadsheet_would_run_is_text()
    {
        await FeedbackAsync("[complaint|water|normal|0|es] agua", "twilio-sms");
        await QuoteAsync("=cmd|' /C calc'!A0", approved: true);
        var (header, rows, _) = await ExportAsync("csv");
        Cell(header, rows[0], "quote").ShouldStartWith("'=");
    }

    [Fact]
    public async Task A_quote_whose_consent_is_gone_does_not_leave_even_where_it_were_left_behind()
    {
        await FeedbackAsync("[complaint|water|normal|0|es] agua", "twilio-sms");
        await QuoteAsync("no hay agua", approved: true);
        await _place.Database.ExecuteAsync("delete from consent");
        (await ExportAsync("csv")).Raw.ShouldNotContain("no hay agua");
    }

    private async Task<(string Lang, string Week)> QuotedAsync()
    {
        var (header, rows, _) = await ExportAsync("csv");
        Cell(header, rows[^1], "quote").ShouldBe("no hay agua");
        return (Cell(header, rows[^1], "lang"), Cell(header, rows[^1], "spoken_at"));
    }

    private static string Cell(IReadOnlyList<string> header, IReadOnlyList<string> row, string column) => row[header.ToList().IndexOf(column)];

    // Of an item that has none yet.
    private async Task<Guid> QuoteAsync(string text, bool approved)
    {
        var item = await _place.Database.ScalarAsync<Guid>("select i.id from item i left join quote q on q.item_id = i.id where q.id is null order by i.spoken_at, i.id limit 1");
        await _place.Database.ExecuteAsync("insert into consent (person_id, item_id, kind, answer, version, at) select person_id, id, 'quote', 'yes', '1', now() from item where id = $1", item);
        await _place.Database.ExecuteAsync("""
            with second as (insert into officer (user_name, display_name) values ('second', 'second') on conflict do nothing returning id)
            insert into quote (item_id, text, written_by, written_at, approved_by, approved_at)
            select $1, $2, (select id from officer where user_name = 'olga'), now(), case when $3 then (select max(id) from second) end, case when $3 then now() end
            """, item, text, approved);
        return item;
    }

    private int _said;

    private async Task FeedbackAsync(string text, string channel)
    {
        await using var pipeline = new Pipeline(_place.Database);
        await pipeline.SetUpAsync();
        var receipt = await pipeline.SayAsync($"+5025551{++_said:D4}", text);
        await _place.Database.ExecuteAsync("update item set channel = $2 where id = $1", receipt.MessageId, channel);
    }

    private async Task<(IReadOnlyList<string> Header, List<IReadOnlyList<string>> Rows, string Raw)> ExportAsync(string format, params string[] more)
    {
        var (code, output) = await _place.CeaAsync(["export", "--format", format, .. more]);
        code.ShouldBe(0, output);
        var file = _place.PathOf($"{format}.csv");
        await File.WriteAllTextAsync(file, output);
        using var rows = RowFile.Open(file);
        return (rows.Header!, [.. rows.Rows().Select(r => r.Cells)], output);
    }

    private static void Hidden(string raw)
    {
        foreach (var hidden in new[] { "pump", "agua,", "soup", "5025551", "favour", "Sexual" })
            raw.ShouldNotContain(hidden, Case.Sensitive);
    }
}
