using Cea.Feedback.Coding;
using Cea.Feedback.Officers;
using Cea.Testing;

namespace Cea.Feedback.Core.Tests.Coding;

public sealed class CodebookVersionTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly string Changed = Codebook.Default.Tsv.Replace("Drinking water\t", "Water\t", StringComparison.Ordinal);
    private readonly Office _office = new(database);
    private Officer _admin = null!;

    public async Task InitializeAsync()
    {
        await database.ExecuteAsync("delete from codebook; delete from routing_rule");
        _admin = await _office.HireAsync($"admin-{Guid.CreateVersion7():N}", [Roles.Administrator]);
    }

    public async Task DisposeAsync() => await _office.DisposeAsync();

    [Fact]
    public async Task A_new_version_is_used_the_earlier_is_kept_and_can_be_used_again()
    {
        var version = await SaveAsync(Changed);
        (await _office.AskAsync(_admin, new CodebookVersions(null))).Codebook.Version.ShouldBe(version);
        (await _office.AskAsync(_admin, new CodebookVersions(Codebook.Default.Version))).Current.ShouldBeFalse();

        await _office.AskAsync(_admin, new UseCodebook(Codebook.Default.Version, Guid.CreateVersion7()));
        (await _office.AskAsync(_admin, new CodebookVersions(null))).Codebook.Version.ShouldBe(Codebook.Default.Version);
        (await SaveAsync(Changed)).ShouldBe(version);
        (await database.ScalarAsync<long>("select count(*) from codebook where current")).ShouldBe(1);
    }

    [Fact]
    public async Task Every_wrong_line_is_shown_and_nothing_changes()
    {
        var tsv = Codebook.Default.Tsv + "topic\tBad Name\n" + "type\tsong\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\t-\n";
        var refused = await Should.ThrowAsync<RuleException>(() => SaveAsync(tsv));
        refused.Fields.Count.ShouldBe(2);
        refused.Fields[0].Detail!.ShouldContain("columns");
        refused.Fields[1].Detail!.ShouldContain("column en");
        (await database.ScalarAsync<long>("select count(*) from codebook")).ShouldBe(0);
    }

    [Fact]
    public async Task A_topic_that_a_rule_names_stays_in_the_codebook()
    {
        await database.ExecuteAsync("insert into team (name) values ('T') on conflict do nothing");
        await database.ExecuteAsync("insert into routing_rule (position, topic, team_id) select 1, 'water', id from team where name = 'T'");
        var without = string.Join('\n', Codebook.Default.Tsv.Split('\n').Where(l => !l.StartsWith("topic\twater\t", StringComparison.Ordinal)));
        (await _office.WrongFieldsAsync(_admin, new SaveCodebook(without, Guid.CreateVersion7()))).ShouldBe("file rule_uses_topic");
    }

    private Task<string> SaveAsync(string tsv) => _office.AskAsync(_admin, new SaveCodebook(tsv, Guid.CreateVersion7()));
}
