using System.Text.Json.Nodes;
using Cea.Sandbox.Messages;

namespace Cea.Sandbox.Lines;

/// <summary>What a person sends: the body of <c>POST /control/inbound</c>.</summary>
internal sealed record InboundMessage
{
    public string? Account { get; init; }
    public string From { get; init; } = "";
    public string Text { get; init; } = "";

    /// <summary>Fixes the provider's id, so that the same message can be sent again. Twilio.</summary>
    public string? MessageSid { get; init; }

    /// <summary>Fixes the ids. Telegram.</summary>
    public long? MessageId { get; init; }
    public long? UpdateId { get; init; }

    /// <summary>The message with this id is edited. Telegram.</summary>
    public long? EditOf { get; init; }

    /// <summary><c>none</c>, or Twilio's own words (<c>rc=3&amp;rp=5xx,ct,rt</c>) in place of the fragment of the webhook's address.</summary>
    public string? Retry { get; init; }

    public string? Name { get; init; }
    public string? Lang { get; init; }
    public IReadOnlyList<InboundMedia> Media { get; init; } = [];

    /// <summary>A place, shared in a message of its own. Not by SMS.</summary>
    public PlayedPlace? Place { get; init; }

    /// <summary>More fields for the provider's call: form fields for Twilio, fields of the message for Telegram.</summary>
    public JsonObject? Extra { get; init; }
}

/// <summary>A file that comes with a message. <c>Size</c> is what the provider says it is, when that should differ from what it holds.</summary>
internal sealed record InboundMedia(string ContentType, string? Base64, string? Kind, string? FileName, long? Size);

/// <summary>The message is named by the provider's id, or at Telegram by its number in the chat.</summary>
internal sealed record ButtonPress(string? Account, string From, long MessageId, string Data, string? ExternalId = null);

/// <summary>A message with buttons that the line sends, as one of a template that was made in the provider's own console.</summary>
internal sealed record ButtonOffer(string? Account, string To, string Text, IReadOnlyList<PlayedButton> Buttons);

/// <summary>What became of it: the provider's id, and what the webhook said to the first call (null: no answer).</summary>
internal sealed record InboundResult(long Id, string ExternalId, int? Status, string? Error, int Attempts);
