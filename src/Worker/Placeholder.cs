namespace Cea.Worker;
