using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace Cea.Sandbox.Tests.Telegram;

public sealed class TelegramDeliveryTests : SandboxTest
{
    private const string Other = "5550000002";

    private static Task<IResult> Say(int status) => Task.FromResult(Results.StatusCode(status));

    private static string? Text(Call call) => call.Json.GetProperty("message").GetProperty("text").GetString();

    private static string ChatOf(Call call) => call.Json.GetProperty("message").GetProperty("chat").GetProperty("id").ToString();

    [Fact]
    public async Task An_update_brings_the_secret_and_a_private_chat()
    {
        (await SaysAsync("bot", Chat, "Habari", new { lang = "sw" })).GetProperty("status").GetInt32().ShouldBe(200);
        var call = Webhook.On("/c/telegram/bot/receive").Single();
        call.Headers["X-Telegram-Bot-Api-Secret-Token"].ShouldBe("s3cret");
        call.Headers["Content-Type"].ShouldBe("application/json");
        var message = call.Json.GetProperty("message");
        message.GetProperty("chat").GetProperty("type").GetString().ShouldBe("private");
        message.GetProperty("from").GetProperty("language_code").GetString().ShouldBe("sw");
        message.GetProperty("message_id").GetInt64().ShouldBe(1);
    }

    [Fact]
    public async Task Each_chat_keeps_its_order_while_others_go_on()
    {
        var running = new ConcurrentDictionary<string, int>();
        var together = 0;
        Webhook.Answer = async call =>
        {
            running.AddOrUpdate(ChatOf(call), 1, (_, n) => n + 1).ShouldBe(1);
            together = Math.Max(together, running.Values.Sum());
            await Task.Delay(Random.Shared.Next(1, 20));
            running.AddOrUpdate(ChatOf(call), 0, (_, n) => n - 1);
            return Results.Ok();
        };
        var chats = Enumerable.Range(1, 5).Select(n => $"555000001{n}").ToList();
        await Task.WhenAll(chats.Select(async chat =>
        {
            var sent = new List<Task>();
            for (var i = 0; i < 10; i++)
                sent.Add(SaysAsync("bot", chat, $"{i}"));
            await Task.WhenAll(sent);
        }));

        Webhook.Calls.Count.ShouldBe(50);
        foreach (var chat in chats)
        {
            var updates = Webhook.Calls.Where(c => ChatOf(c) == chat).Select(c => c.Json.GetProperty("update_id").GetInt64()).ToList();
            updates.ShouldBe(updates.Order());
        }
        together.ShouldBeGreaterThan(1);
    }

    [Fact]
    public async Task A_refused_update_blocks_its_chat_until_it_is_taken()
    {
        var open = false;
        Webhook.Answer = call => Say(ChatOf(call) == Chat && !open ? 503 : 200);
        (await SaysAsync("bot", Chat, "one")).GetProperty("status").GetInt32().ShouldBe(503);
        var second = SaysAsync("bot", Chat, "two");
        (await SaysAsync("bot", Other, "else")).GetProperty("status").GetInt32().ShouldBe(200);
        await EventuallyAsync(() => Webhook.Calls.Count(c => Text(c) == "one") >= 3);
        Webhook.Calls.ShouldNotContain(c => Text(c) == "two");
        var info = (await BotAsync("getWebhookInfo")).Json.GetProperty("result");
        info.GetProperty("pending_update_count").GetInt32().ShouldBe(2);
        info.GetProperty("last_error_message").GetString().ShouldBe("Wrong response from the webhook: 503 Service Unavailable");

        open = true;
        (await second).GetProperty("status").GetInt32().ShouldBe(200);
        Webhook.Calls.Where(c => ChatOf(c) == Chat).Select(Text).Distinct().ShouldBe(["one", "two"]);
        Webhook.Calls.Where(c => Text(c) == "one").Select(c => c.Json.GetProperty("update_id").GetInt64()).Distinct().Count().ShouldBe(1);
        await EventuallyAsync(async () => (await BotAsync("getWebhookInfo")).Json.GetProperty("result").GetProperty("pending_update_count").GetInt32() == 0);
    }

    [Fact]
    public async Task Never_retries_loses_what_was_refused()
    {
        await FaultAsync("never-retries");
        Webhook.Answer = call => Say(Text(call) == "one" ? 503 : 200);
        (await SaysAsync("bot", Chat, "one")).GetProperty("status").GetInt32().ShouldBe(503);
        (await SaysAsync("bot", Chat, "two")).GetProperty("status").GetInt32().ShouldBe(200);
        Webhook.Calls.Select(Text).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task A_duplicate_comes_under_the_same_number()
    {
        await FaultAsync("inbound-duplicate", new { times = 1 });
        await SaysAsync("bot", Chat, "one");
        await SaysAsync("bot", Chat, "two");
        await EventuallyAsync(() => Webhook.Calls.Count == 3);
        Webhook.Calls.Select(Text).ShouldBe(["one", "one", "two"]);
        Webhook.Calls.Take(2).Select(c => c.Json.GetProperty("update_id").GetInt64()).Distinct().Count().ShouldBe(1);
    }

    [Fact]
    public async Task The_same_message_id_may_stand_in_two_chats()
    {
        await SaysAsync("bot", Chat, "one");
        await SaysAsync("bot", Other, "one");
        Webhook.Calls.Select(c => c.Json.GetProperty("message").GetProperty("message_id").GetInt64()).ShouldBe([1, 1]);
    }

    [Fact]
    public async Task What_waits_goes_when_the_webhook_is_set_and_is_dropped_only_on_request()
    {
        await BotAsync("deleteWebhook");
        await SaysAsync("bot", Chat, "kept");
        (await BotAsync("setWebhook", new { url = $"{Webhook.Url}/new", secret_token = "other" })).Status.ShouldBe(200);
        await EventuallyAsync(() => Webhook.On("/new").Count == 1);
        Webhook.On("/new").Single().Headers["X-Telegram-Bot-Api-Secret-Token"].ShouldBe("other");

        await BotAsync("deleteWebhook");
        await SaysAsync("bot", Chat, "dropped");
        await Task.Delay(1100); // Telegram takes one setWebhook a second
        (await BotAsync("setWebhook", new { url = $"{Webhook.Url}/new", drop_pending_updates = true })).Status.ShouldBe(200);
        await SaysAsync("bot", Chat, "after");
        Webhook.On("/new").Select(Text).ShouldBe(["kept", "after"]);
    }

    [Fact]
    public async Task A_method_in_the_webhooks_answer_is_carried_out()
    {
        Webhook.Answer = _ => Task.FromResult(Results.Json(new { method = "sendMessage", chat_id = Chat, text = "Mèsi" }));
        await SaysAsync("bot", Chat, "one");
        await EventuallyAsync(async () => (await MessagesAsync("?direction=outbound")).Any(m => m.GetProperty("text").GetString() == "Mèsi"));
    }

    [Fact]
    public async Task A_person_who_never_wrote_is_not_found_unless_one_of_the_sandboxs_own()
    {
        (await BotAsync("sendMessage", new { chat_id = 77001, text = "x" })).Status.ShouldBe(400);
        await SaysAsync("bot", "77001", "/start");
        (await BotAsync("sendMessage", new { chat_id = 77001, text = "x" })).Status.ShouldBe(200);
        (await BotAsync("sendMessage", new { chat_id = 5550009999, text = "x" })).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_file_too_big_to_download_is_refused()
    {
        await SaysAsync("bot", Chat, "", new { media = new[] { new { content_type = "video/mp4", base64 = "AAAA", size = 21_000_000 } } });
        var file = Webhook.Calls.Single().Json.GetProperty("message").GetProperty("video");
        file.GetProperty("file_size").GetInt64().ShouldBe(21_000_000);
        var (status, json) = await BotAsync("getFile", new { file_id = file.GetProperty("file_id").GetString() });
        status.ShouldBe(400);
        json.GetProperty("description").GetString().ShouldBe("Bad Request: file is too big");
    }

    [Theory]
    [InlineData(403, "Forbidden: bot was blocked by the user")]
    [InlineData(400, "Bad Request: chat not found")]
    [InlineData(401, "Unauthorized")]
    public async Task A_send_error_refuses_with_telegrams_words(int code, string description)
    {
        await FaultAsync("send-error", new { account = "bot", code });
        var (status, json) = await BotAsync("sendMessage", new { chat_id = Chat, text = "x" });
        status.ShouldBe(code);
        json.GetProperty("error_code").GetInt32().ShouldBe(code);
        json.GetProperty("description").GetString().ShouldBe(description);
        (await MessagesAsync()).ShouldBeEmpty();
    }
}
