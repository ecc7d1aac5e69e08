using Cea.Feedback.Officers;
using MediatR;

namespace Cea.Feedback.UseCases;

/// <summary>Something an officer asks for. One without a right stops the start-up.</summary>
public interface IUseCase
{
    Right Needs { get; }
}

/// <summary>Shows something, changes nothing. Runs in a read-only transaction as the officer.</summary>
public interface IRead<out T> : IUseCase, IRequest<T>;

/// <summary>Changes something, once: a repeat with the same <see cref="ClientId"/> gets the first result again.</summary>
public interface IWrite<out T> : IUseCase, IRequest<T>
{
    Guid ClientId { get; }

    /// <summary>The item it is about, for the audit; null when it is about none.</summary>
    Guid? AboutItem => null;

    /// <summary>What the audit may keep: codes, ids, numbers. Never content, never an address.</summary>
    object? AuditDetail => null;
}
