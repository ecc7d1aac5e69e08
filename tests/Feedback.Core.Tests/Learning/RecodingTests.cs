using Cea.Feedback.Classification;
using Cea.Feedback.Learning;
using Cea.Feedback.Officers;
using Cea.Feedback.Safeguarding;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Learning;

public sealed class RecodingTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private readonly LearningDesk _desk = new(database);
    private readonly Office _office = new(database);
    private Officer _manager = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("truncate item, message, learning_task, code_change cascade; delete from circle_member");
        _manager = await _office.HireAsync($"manager-{Guid.CreateVersion7():N}", [Roles.Manager]);
    }

    public async Task DisposeAsync()
    {
        await _office.DisposeAsync();
        await _desk.DisposeAsync();
    }

    [Fact]
    public async Task Old_items_are_read_anew_their_earlier_codes_are_kept_and_confirmed_ones_stand()
    {
        const string Water = "the water tap at the site has been dry since yesterday, no drinking water at all";
        var open = await _desk.ConfirmedAsync(Water, confirmed: false);
        var confirmed = await _desk.ConfirmedAsync(Water, type: "praise", topic: "food", urgency: "low");
        await database.ExecuteAsync("update item set suggested_urgency = 'critical' where id = $1", open);
        await _office.AskAsync(_manager, new RecodeOldItems(Guid.CreateVersion7()));
        (await _office.RefusalAsync(_manager, new RecodeOldItems(Guid.CreateVersion7()))).ShouldBe("already_asked");

        Task<int> CountedAsync() => database.ScalarAsync<int>("select coalesce(sum(n), 0)::int from count_change where topic in ('food', 'water')")!;
        var counted = await CountedAsync();

        var outcome = await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);

        (outcome.Kind, outcome.Rows).ShouldBe(("recode", 1));
        (await database.ScalarAsync<string>("select suggested_topics[1] || ' ' || topics[1] || ' ' || suggested_urgency from item where id = $1", open)).ShouldBe("water water critical", "urgency never falls");
        (await database.ScalarAsync<string>("select (before ->> 'topics') || (before ->> 'urgency') || (officer_id is null) from code_change where item_id = $1", open)).ShouldBe("""["food"]criticaltrue""");
        (await database.ScalarAsync<string>("select suggested_topics[1] || confirmed_type || topics[1] || urgency from item where id = $1", confirmed)).ShouldBe("foodpraisefoodlow");
        (await database.ScalarAsync<long>("select count(*) from code_change where item_id = $1", confirmed)).ShouldBe(0);
        (await database.ScalarAsync<string>("select outcome || looked || changed from learning_task")).ShouldBe("done11");
        (await CountedAsync()).ShouldBe(counted, "what is added is taken away elsewhere");
    }

    [Theory]
    [InlineData("machine_transcript"), InlineData("transcript"), InlineData("both")]
    public async Task What_was_written_beside_a_recording_is_read_whoever_has_heard_the_recording(string heard)
    {
        const string Said = "please open the water point earlier in the morning";
        var (open, confirmed) = (await _desk.ConfirmedAsync("the water tap is dry since yesterday", confirmed: false), await _desk.ConfirmedAsync("the water tap is dry", confirmed: true));
        foreach (var kind in heard == "both" ? ["transcript", "machine_transcript"] : new[] { heard })
            await database.ExecuteAsync("""
                insert into message (id, item_id, audience_id, direction, kind, at, recorded_at, text, replaces_id)
                select gen_random_uuid(), item_id, audience_id, 'in', $1, clock_timestamp(), now(), case when $1 = 'transcript' then $2 else 'mumbled' end, id from message where kind = 'message' and item_id in ($3, $4)
                """, kind, Said, open, confirmed);

        var learned = (await TrainingData.ReadAsync(database.Databases, TestDatabase.Keys, CancellationToken.None)).Single(t => t.ItemId == confirmed).Row.Text;
        learned.ShouldBe(heard == "machine_transcript" ? "the water tap is dry" : $"the water tap is dry\n{Said}");
        await _desk.AskAsync("recode");
        await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);
        (await database.ScalarAsync<string>("select suggested_topics[1] from item where id = $1", open)).ShouldBe("water");
        (await database.ScalarAsync<string>($"select string_agg(m.text, '|' order by m.at, m.id) from message m where m.item_id = $1 and {Feedback.Items.Message.Stands}", open))
            .ShouldBe("the water tap is dry since yesterday|" + (heard == "machine_transcript" ? "mumbled" : Said));
    }

    [Fact]
    public async Task What_a_circle_kept_of_the_speaker_stays_the_circles_and_stops_no_screener()
    {
        var protection = await _desk.ConfirmedAsync("the volunteer said he will put my name on the list if I sleep with him", sensitivity: 1, circle: 3, confirmed: false);
        var key = await database.ScalarAsync<byte[]>("select public_key from circle where id = 3");
        var speaker = new Feedback.Items.Speaker();
        speaker.Keep(new Feedback.Items.SpeakerFacts { Sex = "female" }, [key]);
        await database.ExecuteAsync("insert into speaker (item_id, sealed) values ($1, $2)", protection, speaker.Sealed!);
        await _desk.AskAsync("recode");
        await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);
        (await database.ScalarAsync<short>("select circle_id from item where id = $1", protection)).ShouldBe((short)1, "else this test shows nothing");

        var screener = await _office.HireAsync($"screener-{Guid.CreateVersion7():N}", [Roles.Circle], ["check_first"]);
        await _office.AskAsync(screener, new DecideSensitivity(protection, 2, "complaint", ["sea_staff_abuse"], "high", [], null, Guid.CreateVersion7()));
        (await database.ScalarAsync<byte[]>("select sealed from speaker where item_id = $1", protection)).ShouldBe(speaker.Sealed);
    }

    [Fact]
    public async Task What_is_now_read_as_more_sensitive_goes_sealed_to_the_screeners_and_nothing_ever_opens()
    {
        const string Abuse = "the volunteer said he will put my name on the list if I sleep with him";
        var open = await _desk.ConfirmedAsync(Abuse, confirmed: false);
        var closed = await _desk.ConfirmedAsync(Abuse, confirmed: false);
        var protection = await _desk.ConfirmedAsync("please open the water point earlier in the morning, thank you", sensitivity: 1, circle: 3, confirmed: false);
        await database.ExecuteAsync("update item set status = 'closed', resolved_at = now() where id = $1", closed);
        await database.ExecuteAsync("insert into open_search (item_id, text, search) select id, 'volunteer', to_tsvector('cea', 'volunteer') from item where circle_id = 0");
        var reading = _desk.Model.Read(Abuse);
        (reading.Sensitivity.Class == 2).ShouldBeTrue("else this test shows nothing");

        await database.ExecuteAsync("update item set handler_before_id = $2 where id = $1", open, _manager.Id);
        await database.ExecuteAsync("insert into speaker (item_id, sex, age_band, diversity, walking, group_size) select i, 'female', 'under_13', '{migrant}', 'a_lot', 3 from unnest($1::uuid[]) i", new[] { open, closed });

        await _desk.AskAsync("recode");
        await _desk.Round.RunAsync(LearningDesk.Aside, CancellationToken.None);

        (await database.ScalarAsync<int[]>("select a.excluded from item i join audience a on a.id = i.audience_id where i.id = $1", open)).ShouldBe([_manager.Id], "whom it complains of does not screen it");
        (await database.ScalarAsync<int>("select looked from learning_task")).ShouldBe(2, "what a circle holds is not counted");
        foreach (var item in new[] { open, closed })
        {
            (await database.ScalarAsync<string>("select circle_id::text || checked || sensitivity || status from item where id = $1", item)).ShouldBe(item == open ? "1false2new" : "1false2in_progress");
            (await database.ScalarAsync<bool>("select text is null and sealed is not null and audience_id <> 1 from message where item_id = $1", item)).ShouldBeTrue();
            (await database.ScalarAsync<bool>("select bool_and(audience_id <> 1) from code_change where item_id = $1", item)).ShouldBeTrue("what changed shows inside only");
            (await database.ScalarAsync<string>("select step from clock where item_id = $1 and met_at is null", item)).ShouldBe("check");
            (await database.ScalarAsync<bool>("select sealed is not null and concat(sex, age_band, walking, group_size) = '' and diversity = '{}' from speaker where item_id = $1", item)).ShouldBeTrue("who spoke is as much as what was said");
        }
        var screener = await _office.HireAsync($"screener-{Guid.CreateVersion7():N}", [Roles.Circle], ["check_first"]);
        (await _office.AskAsync(screener, new Feedback.Items.ItemDetail(open))).Speaker.ShouldNotBeNull().ShouldSatisfyAllConditions(
            s => (s.Sex, s.AgeBand, s.GroupSize).ShouldBe(("female", "under_13", 3)), s => s.Diversity.ShouldBe(["migrant"]), s => s.Difficulty["walking"].ShouldBe("a_lot"));
        (await database.ScalarAsync<long>("select count(*) from open_search")).ShouldBe(0);
        (await database.ScalarAsync<string>("select circle_id::text || sensitivity from item where id = $1", protection)).ShouldBe("31", "the machine lowers nothing");
        (await _office.AskAsync(_manager, new Feedback.Items.ItemList(new Feedback.Items.ItemFilter { View = "all" }))).Rows.ShouldNotContain(r => r.Id == open || r.Id == closed);
    }
}
