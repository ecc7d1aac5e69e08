using System.Text;
using Cea.Feedback.Intake;
using Microsoft.Extensions.DependencyInjection;

namespace Cea.Channels.Tests;

/// <summary>Every table's cases, and what a channel owes whatever its table says.</summary>
public sealed class ChannelTests
{
    public static TheoryData<string, string> ReceivedCases => Rows(t => t.Received.Select(c => c.Name));
    public static TheoryData<string, string> SentCases => Rows(t => t.Sent.Select(c => c.Name));
    public static TheoryData<string> Kinds => [.. ChannelTable.All.Select(t => t.Kind.Name)];
    public static TheoryData<string> OpenKinds => [.. ChannelTable.All.Where(t => t.Secret is not null).Select(t => t.Kind.Name)];

    public static TheoryData<string> SendingKinds => [.. ChannelTable.All.Where(t => t.Secret is not null && t.Channel(null!).Traits.CanSend).Select(t => t.Kind.Name)];
    public static TheoryData<string> WrittenKinds => [.. ChannelTable.All.Where(t => t.Secret is not null && t.Written).Select(t => t.Kind.Name)];

    [Fact]
    public void Every_channel_has_its_table_with_cases_of_both_ways()
    {
        var channels = typeof(ChannelRegistration).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IChannel))).ToList();
        channels.Count.ShouldBeGreaterThan(2);
        channels.Where(c => ChannelTable.All.All(t => t.Kind != c)).Select(c => c.Name).ShouldBeEmpty("these channels have no table");
        ChannelTable.All.Where(t => t.Received.Count == 0 || t.Sent.Count == 0).Select(t => t.Kind.Name).ShouldBeEmpty("these tables are empty");
    }

    [Fact]
    public void Every_channel_is_registered_once()
    {
        using var services = Services(null);
        var registered = services.GetServices<IChannel>().Select(c => c.GetType()).ToList();
        registered.ShouldBe(ChannelTable.All.Select(t => t.Kind), ignoreOrder: true);
        services.GetRequiredService<ChannelKinds>().All.Count.ShouldBe(registered.Count);
    }

    [Fact]
    public void A_call_to_a_provider_ends_within_the_limit_that_its_lease_allows()
    {
        using var services = Services(null);
        services.GetRequiredService<IHttpClientFactory>().CreateClient(ChannelKinds.HttpClient).Timeout.ShouldBe(ChannelKinds.SendLimit);
    }

    [Theory, MemberData(nameof(ReceivedCases))]
    public void What_comes_in_is_read_as_the_table_says(string kind, string name)
    {
        var table = ChannelTable.Of(kind);
        var row = table.Received.Single(c => c.Name == name);
        using var services = Services(null);
        var channel = table.Channel(services.GetRequiredService<IHttpClientFactory>());
        var account = table.Account(changes: row.Changes);

        var outcome = channel.Receive(row.Call, account);

        Told.Of(outcome).ShouldBe(row.Expected);
        NoSecret(table, Told.Of(outcome.Match(WebhookOutcome.Refused, WebhookOutcome.Ignored, WebhookOutcome.Unreadable, _ => WebhookOutcome.Ignored(""))));
        if (outcome.Match((status, _) => (int?)status, _ => null, _ => null, _ => null) is { } refused)
            refused.ShouldBe(row.Answer);
        else
            channel.Answer(row.Call, account, [], IntakeSnapshot.Empty).Status.ShouldBe(row.Answer);
    }

    [Theory, MemberData(nameof(SentCases))]
    public async Task What_goes_out_ends_as_the_table_says(string kind, string name)
    {
        var table = ChannelTable.Of(kind);
        var row = table.Sent.Single(c => c.Name == name);
        await using var provider = await ProviderServer.StartAsync(row.Provider);
        using var services = Services(row.Limit);
        var channel = table.Channel(services.GetRequiredService<IHttpClientFactory>());

        var outcome = await channel.SendAsync(row.Text ?? table.Outgoing, table.Account(provider.Url, row.Changes), CancellationToken.None);

        Told.Of(outcome).ShouldBe(row.Expected);
        NoSecret(table, Told.Of(outcome));
        provider.Calls.Count.ShouldBe(row.Provider.Does is null ? 0 : row.Calls);
        if (row.Sees is not null)
            provider.Calls[0].ToString().ShouldBe(row.Sees);
    }

    [Theory, MemberData(nameof(SendingKinds))]
    public async Task A_message_is_never_sent_twice_when_a_kept_connection_breaks(string kind)
    {
        var table = ChannelTable.Of(kind);
        var first = table.Sent.First(c => c.Expected.StartsWith("taken", StringComparison.Ordinal)).Provider.Does!;
        var calls = 0;
        await using var provider = await ProviderServer.StartAsync(new Provider(context => ++calls == 1 ? first(context) : Provider.HangsUp.Does!(context)));
        using var services = Services(null);
        var channel = table.Channel(services.GetRequiredService<IHttpClientFactory>());
        var account = table.Account(provider.Url);

        Told.Of(await channel.SendAsync(table.Outgoing, account, CancellationToken.None)).ShouldStartWith("taken");
        Told.Of(await channel.SendAsync(table.Outgoing, account, CancellationToken.None)).ShouldStartWith("in_doubt");
        provider.Calls.Count.ShouldBe(2);
    }

    [Theory, MemberData(nameof(SendingKinds))]
    public async Task Credentials_and_message_do_not_follow_a_redirect(string kind)
    {
        var table = ChannelTable.Of(kind);
        await using var elsewhere = await ProviderServer.StartAsync(Provider.Answers(201, "{}"));
        foreach (var status in new[] { 301, 302, 303, 307, 308 })
        {
            await using var provider = await ProviderServer.StartAsync(Provider.Answers(status, "", ("Location", elsewhere.Url + "/taken")));
            using var services = Services(null);
            var outcome = await table.Channel(services.GetRequiredService<IHttpClientFactory>()).SendAsync(table.Outgoing, table.Account(provider.Url), CancellationToken.None);
            Told.Of(outcome).ShouldBe($"refused ({status})");
        }
        elsewhere.Calls.ShouldBeEmpty();
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Whoever_proves_nothing_is_refused(string kind)
    {
        var table = ChannelTable.Of(kind);
        foreach (var action in new[] { "receive", "status", "menu", "" })
        {
            Status(table, table.Call(Bytes(table.Message("Maji")), null, action)).ShouldBe(table.Secret is null ? 404 : 403);
            foreach (var wrong in new[] { "", "x", (table.Secret?.Value ?? "") + "x", (table.Secret?.Value ?? "").ToUpperInvariant() })
                Status(table, table.Call(Bytes(table.Message("Maji")), wrong, action)).ShouldBe(table.Secret is null ? 404 : 403);
        }
    }

    [Theory, MemberData(nameof(OpenKinds))]
    public void An_account_without_its_secret_takes_nothing(string kind)
    {
        var table = ChannelTable.Of(kind);
        foreach (var missing in new[] { "", ",", table.Secret!.Value.Value + ",", ", " })
        {
            foreach (var given in new[] { null, "" })
                Status(table, table.Call(Bytes(table.Message("Maji")), given), table.Account(changes: new() { [table.Secret.Value.Name] = missing })).ShouldBe(403, $"secret \"{missing}\"");
        }
        var settings = table.Settings("http://127.0.0.1:9");
        settings.Remove(table.Secret!.Value.Name);
        Status(table, table.Call(Bytes(table.Message("Maji")), ""), new ChannelAccount("line", "", settings)).ShouldBe(403);
    }

    [Theory, MemberData(nameof(OpenKinds))]
    public void Another_accounts_call_is_refused(string kind) => Status(ChannelTable.Of(kind), ChannelTable.Of(kind).AnothersCall!).ShouldBe(403);

    [Theory, MemberData(nameof(OpenKinds))]
    public void An_unknown_action_is_refused(string kind)
    {
        var table = ChannelTable.Of(kind);
        Status(table, table.Call(Bytes(table.Message("Maji")), table.Secret!.Value.Value, "elsewhere")).ShouldBe(404);
    }

    [Theory, MemberData(nameof(WrittenKinds))]
    public void Any_text_comes_through_whole(string kind)
    {
        var table = ChannelTable.Of(kind);
        string[] texts = ["a\0b\0", new string('م', 50_000), " with spaces \n", "💧👩‍👩‍👧", "\u202Eabc\uFEFF", "a&b=c+d%20e", "\\\"{}'--;"];
        foreach (var text in texts)
        {
            var outcome = Receive(table, table.Call(Bytes(table.Message(text)), table.Secret!.Value.Value), table.Account());
            var events = outcome.Match<IReadOnlyList<ChannelEvent>>((_, _) => [], _ => [], _ => [], e => e);
            events.ShouldHaveSingleItem().ShouldBeOfType<MessageReceived>().Text.Value.ShouldBe(text);
        }
    }

    [Theory, MemberData(nameof(Kinds))]
    public void Rubbish_never_throws_and_is_never_read_as_a_message_of_nobody(string kind)
    {
        var table = ChannelTable.Of(kind);
        var secret = table.Secret?.Value;
        var whole = Bytes(table.Message("Maji hayapo 💧"));
        for (var seed = 1; seed <= 400; seed++)
        {
            var random = new Random(seed);
            var body = seed % 2 == 0 ? Damaged(whole, random) : Noise(random);
            foreach (var action in new[] { "receive", "status" })
            {
                try
                {
                    var call = table.Call(body, secret, action);
                    var outcome = Receive(table, call, table.Account());
                    table.Channel(null!).Answer(call, table.Account(), [], IntakeSnapshot.Empty).Status.ShouldBeLessThan(500);
                    foreach (var happened in outcome.Match<IReadOnlyList<ChannelEvent>>((_, _) => [], _ => [], _ => [], e => e))
                        happened.ExternalId.Trim().ShouldNotBeEmpty($"seed {seed}");
                }
                catch (Exception odd) when (odd is not ShouldAssertException)
                {
                    throw new InvalidOperationException($"seed {seed}, {action}", odd);
                }
            }
        }
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(0, 3000)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Damaged(byte[] whole, Random random)
    {
        var bytes = whole.ToArray();
        for (var i = random.Next(1, 6); i > 0; i--)
            bytes[random.Next(bytes.Length)] = (byte)"\0{}[]:,\"&=%-19nt\u00ff"[random.Next(16)];
        return random.Next(3) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    private static void NoSecret(ChannelTable table, string told)
    {
        if (table.Secret is { } secret)
            told.ShouldNotContain(secret.Value);
        foreach (var setting in table.Channel(null!).Settings.Where(s => s.Secret))
            told.ShouldNotContain(table.Settings("")[setting.Name]);
    }

    private static int? Status(ChannelTable table, WebhookCall call, ChannelAccount? account = null) => Receive(table, call, account ?? table.Account()).Match((status, _) => (int?)status, _ => null, _ => null, _ => null);

    private static WebhookOutcome Receive(ChannelTable table, WebhookCall call, ChannelAccount account) => table.Channel(null!).Receive(call, account);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static TheoryData<string, string> Rows(Func<ChannelTable, IEnumerable<string>> names)
    {
        var rows = new TheoryData<string, string>();
        foreach (var table in ChannelTable.All)
        {
            foreach (var name in names(table))
                rows.Add(table.Kind.Name, name);
        }
        return rows;
    }

    private static ServiceProvider Services(TimeSpan? limit)
    {
        var services = new ServiceCollection().AddChannels();
        if (limit is { } shorter)
            services.AddHttpClient(ChannelKinds.HttpClient, client => client.Timeout = shorter);
        return services.BuildServiceProvider();
    }
}
